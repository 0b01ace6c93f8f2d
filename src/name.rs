//! Owns how tables are named, in headers and in SQL, and which of the tables there are a name fits.
//! Must not know: where the tables are, or what is done with them.

use serde::{Deserialize, Serialize};

use crate::diagnosis::{Spot, closest};
use crate::error::{At, Error, Result};

/// A table's name, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Name {
    /// `name` or `schema.name` of a header. Both may hold dots; quotes, as in SQL, say where one of them ends.
    Loose(String),
    /// SQL that names no schema: `source.name`.
    Plain(String),
    /// SQL that names the schema: `source.schema.name`.
    Full { schema: String, table: String },
}

impl Name {
    /// Is it a name of this table?
    #[must_use]
    pub fn fits(&self, schema: &str, table: &str) -> bool {
        match self {
            Self::Loose(text) => {
                let dotted = text.strip_prefix(schema).and_then(|rest| rest.strip_prefix('.'));
                text == table
                    || dotted == Some(table)
                    || in_quotes(text).is_some_and(|(of, name)| name == table && of.is_none_or(|of| of == schema))
            }
            Self::Plain(name) => name == table,
            Self::Full { schema: of, table: name } => of == schema && name == table,
        }
    }

    /// As people read it.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Loose(name) | Self::Plain(name) => name.clone(),
            Self::Full { schema, table } => format!("{schema}.{table}"),
        }
    }

    /// The schema that it says, as far as that can be told without knowing the tables.
    fn schema(&self) -> Option<String> {
        match self {
            Self::Loose(text) => match in_quotes(text) {
                Some((schema, _)) => schema,
                None => text.split_once('.').map(|(schema, _)| schema.to_owned()),
            },
            Self::Plain(_) => None,
            Self::Full { schema, .. } => Some(schema.clone()),
        }
    }
}

/// A name with the place where it was written, for what there is to say of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Named {
    pub name: Name,
    /// The flow that needs the table, if one does.
    pub flow: Option<String>,
    pub spot: Spot,
}

impl Named {
    /// The one table that is meant. Where a name fits several, it is the one of the source's `schemas`.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] when it fits none, with a did-you-mean, or several, which it lists.
    pub fn among<'a, T>(
        &self,
        tables: impl IntoIterator<Item = &'a T>,
        schemas: &[String],
        parts: impl Fn(&T) -> (&str, &str),
    ) -> Result<&'a T> {
        let tables: Vec<&T> = tables.into_iter().collect();
        let fits = |table: &&T| {
            let (schema, name) = parts(table);
            self.name.fits(schema, name)
        };
        let fitting: Vec<&T> = tables.iter().copied().filter(fits).collect();
        if let [one] = fitting.as_slice() {
            return Ok(one);
        }
        let asked = |table: &&T| schemas.iter().any(|schema| schema == parts(table).0);
        let near: Vec<&T> = fitting.iter().copied().filter(asked).collect();
        let list = |tables: &[&T]| -> Vec<(String, String)> {
            tables.iter().map(|table| parts(table)).map(|(schema, name)| (schema.into(), name.into())).collect()
        };
        match (near.as_slice(), fitting.as_slice()) {
            ([one], _) => Ok(one),
            (_, []) => Err(self.unknown(&list(&tables), schemas)),
            ([], several) | (several, _) => Err(self.ambiguous(&list(several))),
        }
    }

    fn error(&self, message: String) -> Error {
        let error = Error::config(message);
        let error = match &self.flow {
            Some(flow) => error.at(At::Flow, flow),
            None => error,
        };
        self.spot.at(error).at(At::Table, self.name.shown())
    }

    fn ambiguous(&self, tables: &[(String, String)]) -> Error {
        let names: Vec<String> = tables.iter().map(|(schema, table)| in_sql(schema, table)).collect();
        let error = self.error(format!("'{}' is the name of {} tables", self.name.shown(), tables.len()));
        let hint = format!("say which one is meant: {}", names.join(", "));
        match (&self.name, tables) {
            // A header says the same without `source.`; where dots are the trouble, quotes are needed.
            (Name::Loose(text), [(schema, table), ..]) => {
                let dots = text.contains('.');
                let header = if dots { format!("'\"{schema}\".\"{table}\"'") } else { format!("\"{schema}.{table}\"") };
                error.hint(format!("{hint}; in a header: source = {header}"))
            }
            _ => error.hint(hint),
        }
    }

    fn unknown(&self, tables: &[(String, String)], schemas: &[String]) -> Error {
        let shown = self.name.shown();
        let error = self.error(format!("the source has no table '{shown}'"));
        let known = |schema: &String| tables.iter().any(|(of, _)| of == schema);
        if let Some(schema) = self.name.schema().filter(|schema| !schemas.is_empty() && !schemas.contains(schema))
            && !known(&schema)
        {
            let asked = schemas.join(", ");
            return error
                .hint(format!("'{schema}' is not among the schemas that are read: {asked} (`[source] schemas`)"));
        }
        let alone = |name: &String| tables.iter().filter(|(_, table)| table == name).count() == 1;
        // A name alone is told where it is enough.
        let short: Vec<String> = tables.iter().map(|(_, table)| table.clone()).filter(alone).collect();
        let full: Vec<String> = tables.iter().map(|(schema, table)| format!("{schema}.{table}")).collect();
        let all = tables.iter().zip(&full);
        if self.name.schema().is_none()
            && let Some(close) = closest(&shown, &short)
        {
            return error.hint(format!("did you mean 'source.{}'?", quoted(close)));
        }
        match closest(&shown, &full).and_then(|close| all.clone().find(|(_, name)| *name == close)) {
            Some(((schema, table), _)) => error.hint(format!("did you mean '{}'?", in_sql(schema, table))),
            None => error.hint("`rehome snapshot` takes the schemas that `[source] schemas` of the pipeline names"),
        }
    }
}

/// A table of the source as SQL names it.
fn in_sql(schema: &str, table: &str) -> String {
    format!("source.{}.{}", quoted(schema), quoted(table))
}

/// A name as SQL must write it: in quotes, where it would not be itself without.
#[must_use]
pub fn quoted(name: &str) -> String {
    let usual = |char: char| char.is_ascii_lowercase() || char == '_' || char.is_ascii_digit();
    if name.chars().all(usual) && !name.is_empty() && !name.starts_with(|char: char| char.is_ascii_digit()) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// The schema, if there is one, and the table of a name of which at least one part stands in quotes.
#[must_use]
pub fn in_quotes(text: &str) -> Option<(Option<String>, String)> {
    if !text.contains('"') {
        return None;
    }
    let (first, rest) = part(text)?;
    if rest.is_empty() {
        return Some((None, first));
    }
    let (second, rest) = part(rest.strip_prefix('.')?)?;
    rest.is_empty().then_some((Some(first), second))
}

/// The first part of a name, and what follows it.
fn part(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find('.').unwrap_or(text.len());
        let plain = end > 0 && !text[..end].contains('"');
        return plain.then(|| (text[..end].to_owned(), &text[end..]));
    };
    let mut name = String::new();
    loop {
        let end = rest.find('"')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return (!name.is_empty()).then_some((name, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::Spot;

    use super::{Name, Named, in_quotes, quoted};

    const TABLES: [(&str, &str); 5] =
        [("a", "users"), ("b", "users"), ("a", "orders"), ("public", "a.users"), ("North", "My \"Table\"")];

    fn found(name: Name, schemas: &[&str]) -> Result<(&'static str, &'static str), String> {
        let named = Named { name, flow: None, spot: Spot::default() };
        let schemas: Vec<String> = schemas.iter().map(|schema| (*schema).to_owned()).collect();
        let found = named.among(&TABLES, &schemas, |table| *table);
        found.copied().map_err(|error| error.hint_text().unwrap_or_default().to_owned())
    }

    fn loose(text: &str) -> Result<(&'static str, &'static str), String> {
        found(Name::Loose(text.into()), &[])
    }

    #[test]
    fn one_table_or_none() {
        assert_eq!(loose("orders"), Ok(("a", "orders")));
        assert_eq!(loose("b.users"), Ok(("b", "users")));
        assert_eq!(loose("public.a.users"), Ok(("public", "a.users")));
        assert_eq!(loose("\"a\".users"), Ok(("a", "users")));
        assert_eq!(loose("\"a.users\""), Ok(("public", "a.users")));
        assert_eq!(loose("North.My \"Table\""), Ok(("North", "My \"Table\"")));
        assert_eq!(loose("North.\"My \"\"Table\"\"\""), Ok(("North", "My \"Table\"")));
        assert_eq!(found(Name::Plain("a.users".into()), &[]), Ok(("public", "a.users")));
        assert_eq!(found(Name::Full { schema: "a".into(), table: "users".into() }, &["b"]), Ok(("a", "users")));
    }

    #[test]
    fn several_are_listed() {
        let hint = "say which one is meant: source.a.users, source.b.users";
        assert_eq!(found(Name::Plain("users".into()), &["a", "b"]), Err(hint.into()));
        assert_eq!(loose("users"), Err(format!("{hint}; in a header: source = \"a.users\"")));
        let dotted = "say which one is meant: source.a.users, source.public.\"a.users\"; in a header: source = '\"a\".\"users\"'";
        assert_eq!(loose("a.users"), Err(dotted.into()));
    }

    #[test]
    fn the_schemas_of_the_pipeline_decide() {
        assert_eq!(found(Name::Plain("users".into()), &["b", "public"]), Ok(("b", "users")));
        let hint = "say which one is meant: source.a.users, source.b.users";
        assert_eq!(found(Name::Plain("users".into()), &["public"]), Err(hint.into()));
    }

    #[test]
    fn a_missing_one_has_a_neighbour() {
        assert_eq!(loose("order"), Err("did you mean 'source.orders'?".into()));
        assert_eq!(loose("b.user"), Err("did you mean 'source.b.users'?".into()));
        let wrong = found(Name::Full { schema: "c".into(), table: "users".into() }, &["a", "b"]);
        assert_eq!(wrong, Err("'c' is not among the schemas that are read: a, b (`[source] schemas`)".into()));
    }

    #[test]
    fn quotes() {
        assert_eq!(
            (quoted("a_1"), quoted("A"), quoted("1a"), quoted("a\"b")),
            ("a_1".into(), "\"A\"".into(), "\"1a\"".into(), "\"a\"\"b\"".into())
        );
        assert_eq!(in_quotes("\"a.b\".c"), Some((Some("a.b".into()), "c".into())));
        for broken in ["a.b", "\"a", "\"a\"b", "\"a\".", "a.\"b\".c", "\"\""] {
            assert_eq!(in_quotes(broken), None, "{broken}");
        }
    }
}
