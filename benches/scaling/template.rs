//! Owns how templates are filled. Must not know: what they say.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

/// Fills a template that names nothing but what it is given.
pub fn fill(template: &str, escape: AutoEscape, values: &impl Serialize) -> String {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("a syntax"));
    environment.set_auto_escape_callback(move |_| escape.clone());
    environment.add_filter("px", |value: f64| format!("{value:.1}"));
    environment.render_str(template, Value::from(Serde(values))).expect("the template fits")
}
