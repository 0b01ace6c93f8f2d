//! Owns the pieces of a SQL text that an error can be about: where each stands, and how it is shown.
//! Must not know: what is wrong with them.

use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{self, Expr, SelectItem, SetExpr, Spanned};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// How many characters of a piece are shown.
const SHOWN: usize = 80;

/// A piece of a text: where it begins, and what it says in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub line: u64,
    pub column: u64,
    pub text: String,
}

/// A text, cut into tokens; comments and the header are none.
pub struct Pieces<'a> {
    sql: &'a str,
    tokens: Vec<TokenWithSpan>,
}

impl<'a> Pieces<'a> {
    pub fn of(sql: &'a str) -> Self {
        let dialect = PostgreSqlDialect {};
        let mut tokens = Vec::new();
        // Of a text with an unclosed quote, the tokens before it are still good for pointing.
        let _ = Tokenizer::new(&dialect, sql).tokenize_with_location_into_buf(&mut tokens);
        tokens.retain(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF));
        Self { sql, tokens }
    }

    /// The rest of the line from a place on.
    pub fn from(&self, line: u64, column: u64) -> Piece {
        let index = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
        let whole = self.sql.lines().nth(index).unwrap_or_default();
        let skipped = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
        let rest: String = whole.chars().skip(skipped).collect();
        // Nothing may be left, as after a line that ends too early: then the line is what there is to see.
        let text = if rest.trim().is_empty() { short(whole) } else { short(&rest) };
        Piece { line, column, text }
    }

    /// What lies between two places, the second exclusive.
    pub fn between(&self, start: Location, end: Location) -> Piece {
        let text = match (self.offset(start), self.offset(end)) {
            (Some(from), Some(to)) if from < to => short(&self.sql[from..to]),
            _ => return self.from(start.line, start.column),
        };
        Piece { line: start.line, column: start.column, text }
    }

    /// Where a name stands first, of one part or of several, quoted or not.
    pub fn name(&self, name: &str) -> Option<Piece> {
        let wanted = parts(name);
        let length = wanted.len() * 2 - 1;
        let fits = |tokens: &[TokenWithSpan], exact: bool| {
            wanted.iter().enumerate().all(|(index, part)| match &tokens[index * 2].token {
                Token::Word(word) if exact => word.value == *part,
                Token::Word(word) => word.value.eq_ignore_ascii_case(part),
                Token::Placeholder(name) => name == part,
                _ => false,
            }) && tokens.iter().skip(1).step_by(2).all(|token| token.token == Token::Period)
        };
        let find = |exact| self.tokens.windows(length).find(|tokens| fits(tokens, exact));
        find(true).or_else(|| find(false)).map(|tokens| self.of_tokens(tokens))
    }

    /// The line from where a text stands first, be it in the header.
    pub fn anywhere(&self, text: &str) -> Option<Piece> {
        let before = &self.sql[..self.sql.find(text)?];
        let line = before.matches('\n').count() as u64 + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u64 + 1;
        Some(self.from(line, column))
    }

    /// Where a text literal stands first.
    pub fn literal(&self, text: &str) -> Option<Piece> {
        let found = self
            .tokens
            .iter()
            .find(|token| matches!(&token.token, Token::SingleQuotedString(found) if found == text))?;
        Some(self.of_tokens(std::slice::from_ref(found)))
    }

    /// The last token: where a text that ends too early ends.
    pub fn last(&self) -> Option<Piece> {
        self.tokens.last().map(|token| self.of_tokens(std::slice::from_ref(token)))
    }

    /// The query from its first word on.
    pub fn start(&self) -> Option<Piece> {
        (!self.tokens.is_empty()).then(|| self.of_tokens(&self.tokens))
    }

    /// The expression that is the `nth` of those that read the same, from 0.
    pub fn expr(&self, expr: &Expr, nth: usize) -> Option<Piece> {
        let wanted: Vec<Token> = Pieces::of(&expr.to_string()).tokens.into_iter().map(|token| token.token).collect();
        let found: Vec<_> = self
            .tokens
            .windows(wanted.len().max(1))
            .filter(|tokens| tokens.iter().zip(&wanted).all(|(token, wanted)| same(&token.token, wanted)))
            .collect();
        let span = expr.span();
        // The parser's spans can begin within an expression (a cast's begins with what is cast).
        let holds = |tokens: &&&[TokenWithSpan]| {
            tokens.first().is_some_and(|first| first.span.start <= span.start)
                && tokens.last().is_some_and(|last| span.start < last.span.end)
        };
        let placed = if span.start.line > 0 { found.iter().find(holds) } else { found.get(nth) };
        match placed {
            Some(tokens) => Some(self.of_tokens(tokens)),
            None if span.start.line > 0 => Some(self.between(span.start, span.end)),
            None => None,
        }
    }

    /// The expression that gives an output column its values; where there is none, the list of outputs.
    pub fn output(&self, column: &str) -> Option<Piece> {
        let select = self.outputs()?;
        let named = select.projection.iter().find_map(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } if alias.value.eq_ignore_ascii_case(column) => {
                let start = self.expr(expr, 0).map(|piece| Location::new(piece.line, piece.column));
                Some(self.between(start.unwrap_or(alias.span.start), alias.span.end))
            }
            SelectItem::UnnamedExpr(Expr::Identifier(ident)) if ident.value.eq_ignore_ascii_case(column) => {
                Some(self.between(ident.span.start, ident.span.end))
            }
            SelectItem::UnnamedExpr(expr @ Expr::CompoundIdentifier(parts))
                if parts.last().is_some_and(|ident| ident.value.eq_ignore_ascii_case(column)) =>
            {
                self.expr(expr, 0)
            }
            _ => None,
        });
        let from = select.select_token.0.span.start;
        named.or_else(|| (from.line > 0).then(|| self.from(from.line, from.column)))
    }

    fn outputs(&self) -> Option<ast::Select> {
        let dialect = PostgreSqlDialect {};
        let statement = DFParserBuilder::new(self.sql).with_dialect(&dialect).build().ok()?.parse_statements().ok()?;
        let Some(Statement::Statement(inner)) = statement.into_iter().next() else { return None };
        let ast::Statement::Query(query) = *inner else { return None };
        let mut body = query.body;
        loop {
            body = match *body {
                SetExpr::Select(select) => return Some(*select),
                SetExpr::Query(query) => query.body,
                SetExpr::SetOperation { left, .. } => left,
                _ => return None,
            };
        }
    }

    /// The tokens from a place on.
    pub fn tokens_from(&self, start: Location) -> &[TokenWithSpan] {
        let from = self.tokens.iter().position(|token| token.span.start >= start).unwrap_or(self.tokens.len());
        &self.tokens[from..]
    }

    /// Tokens as they are written, in one line and without what stands between them but blanks.
    pub fn written(&self, tokens: &[TokenWithSpan]) -> String {
        let (mut text, mut last) = (String::new(), None);
        for token in tokens {
            let (Some(from), Some(to)) = (self.offset(token.span.start), self.offset(token.span.end)) else { continue };
            if last.is_some_and(|last| last < from) {
                text.push(' ');
            }
            text.push_str(&self.sql[from..to]);
            last = Some(to);
        }
        text
    }

    fn of_tokens(&self, tokens: &[TokenWithSpan]) -> Piece {
        match (tokens.first(), tokens.last()) {
            (Some(first), Some(last)) => self.between(first.span.start, last.span.end),
            _ => self.from(1, 1),
        }
    }

    /// The byte at which a place lies. Columns count characters.
    fn offset(&self, place: Location) -> Option<usize> {
        let lines = usize::try_from(place.line.checked_sub(1)?).ok()?;
        let column = usize::try_from(place.column.checked_sub(1)?).ok()?;
        let start: usize = self.sql.split_inclusive('\n').take(lines).map(str::len).sum();
        let line = self.sql.get(start..)?;
        Some(start + line.char_indices().nth(column).map_or(line.len(), |(at, _)| at))
    }
}

fn same(one: &Token, other: &Token) -> bool {
    match (one, other) {
        (Token::Word(one), Token::Word(other)) => one.value.eq_ignore_ascii_case(&other.value),
        _ => one == other,
    }
}

/// A text in one line, cut where it grows long.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= SHOWN {
        return line;
    }
    let kept: String = line.chars().take(SHOWN - 1).collect();
    format!("{}…", kept.trim_end())
}

/// The parts of a name as SQL writes it: a quoted part may hold dots.
fn parts(name: &str) -> Vec<String> {
    let (mut parts, mut quoted) = (vec![String::new()], false);
    for sign in name.chars() {
        match (sign, parts.last_mut()) {
            ('"', _) => quoted = !quoted,
            ('.', _) if !quoted => parts.push(String::new()),
            (sign, Some(part)) => part.push(sign),
            (_, None) => {}
        }
    }
    parts
}
