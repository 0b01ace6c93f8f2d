//! Owns the templates and what they can call: how figures are written, how texts are escaped.
//! Must not know: what a page says.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, HtmlEscape, UndefinedBehavior, escape_formatter};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::report::words;

const TEMPLATES: &[(&str, &str)] = &[
    ("page.html", include_str!("templates/page.html")),
    ("verdict.html", include_str!("templates/verdict.html")),
    ("flows.html", include_str!("templates/flows.html")),
    ("outcomes.html", include_str!("templates/outcomes.html")),
    ("failures.html", include_str!("templates/failures.html")),
    ("figures.html", include_str!("templates/figures.html")),
    ("lineage.html", include_str!("templates/lineage.html")),
    ("identity.html", include_str!("templates/identity.html")),
    ("difference.html", include_str!("templates/difference.html")),
    ("difference.md", include_str!("templates/difference.md")),
    ("page.css", include_str!("templates/page.css")),
    ("page.md", include_str!("templates/page.md")),
    ("frame.html", include_str!("templates/site/frame.html")),
    ("site.css", include_str!("templates/site/site.css")),
    ("drawing.html", include_str!("templates/site/drawing.html")),
    ("runs.html", include_str!("templates/site/runs.html")),
    ("run.html", include_str!("templates/site/run.html")),
    ("rejects.html", include_str!("templates/site/rejects.html")),
    ("story.html", include_str!("templates/site/story.html")),
    ("compare.html", include_str!("templates/site/compare.html")),
    ("failed.html", include_str!("templates/site/failed.html")),
];
const MARKDOWN: &str = "markdown";

/// Fills a template.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`]: a template names what is not there.
pub fn render(name: &str, page: &impl Serialize) -> Result<String> {
    let told = |error: minijinja::Error| {
        log::debug!("{error}");
        Error::unexpected("a template of the report does not fit its page")
    };
    let page = Value::from(Serde(page));
    environment().and_then(|environment| environment.get_template(name)?.render(page)).map_err(told)
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_auto_escape_callback(|name| match name.rsplit('.').next() {
        Some("html") => AutoEscape::Html,
        Some("md") => AutoEscape::Custom(MARKDOWN.into()),
        _ => AutoEscape::None,
    });
    environment.set_formatter(|out, state, value| match state.auto_escape() {
        AutoEscape::Custom(_) if value.is_safe() => Ok(out.write_str(value.as_str().unwrap_or_default())?),
        AutoEscape::Custom(_) => Ok(out.write_str(&markdown(&value.to_string()))?),
        _ => escape_formatter(out, state, value),
    });
    environment.add_filter("n", words::count);
    environment.add_filter("share", words::share);
    environment.add_filter("part", words::part);
    environment.add_filter("exact", words::exact);
    environment.add_filter("seconds", words::seconds);
    environment.add_filter("of", |number: u64, one: &str, more: &str| words::of(number, one, more));
    environment.add_filter("name", |name: &str| Value::from_safe_string(breakable(name)));
    environment.add_filter("code", |name: &str| Value::from_safe_string(code(name)));
    for (name, text) in TEMPLATES {
        environment.add_template(name, text)?;
    }
    Ok(environment)
}

/// A name that may be broken after its underscores.
fn breakable(name: &str) -> String {
    format!("<code>{}</code>", HtmlEscape(name).to_string().replace('_', "_<wbr>"))
}

/// A name in Markdown, in a table too.
fn code(name: &str) -> String {
    format!("`{}`", name.replace('`', "'").replace('|', "\\|").replace(['\n', '\r'], " "))
}

/// A text in Markdown, in a table too: nothing of it is markup.
fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        // Within a word it is only a letter.
        let joins =
            letter == '_' && before.is_alphanumeric() && letters.peek().is_some_and(|next| next.is_alphanumeric());
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' if !joins => out.extend(['\\', letter]),
            '\n' | '\r' => out.push(' '),
            _ => out.push(letter),
        }
        before = letter;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_told_is_markup() {
        assert_eq!(markdown("a|b <i> *x* [l](u) \n#"), "a\\|b \\<i\\> \\*x\\* \\[l\\](u)  \\#");
        assert_eq!(markdown("a_b _c_"), "a_b \\_c\\_");
        assert_eq!(code("a`|b"), "`a'\\|b`");
        assert_eq!(breakable("a_b<i>"), "<code>a_<wbr>b&lt;i&gt;</code>");
    }
}
