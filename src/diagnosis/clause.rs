//! Owns where the clauses of a query stand in its text, for whoever tells what they did: the branches of a CASE, joins.
//! Must not know: what is told of them.

use datafusion::sql::sqlparser::ast::{Expr, Spanned};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};
use schemars::JsonSchema;
use serde::Serialize;

use super::Text;
use super::piece::Pieces;

/// How many characters of a clause are shown.
const SHOWN: usize = 160;
/// The words before the right side of a join.
const JOINING: [Keyword; 8] = [
    Keyword::LEFT,
    Keyword::RIGHT,
    Keyword::FULL,
    Keyword::OUTER,
    Keyword::INNER,
    Keyword::CROSS,
    Keyword::NATURAL,
    Keyword::JOIN,
];
/// The words that end a join's clause.
const ENDING: [Keyword; 12] = [
    Keyword::WHERE,
    Keyword::GROUP,
    Keyword::HAVING,
    Keyword::ORDER,
    Keyword::LIMIT,
    Keyword::OFFSET,
    Keyword::FETCH,
    Keyword::WINDOW,
    Keyword::QUALIFY,
    Keyword::UNION,
    Keyword::EXCEPT,
    Keyword::INTERSECT,
];

/// A piece of a file: where it begins, and what it says, in one line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Clause {
    /// `file:line:column`.
    pub place: String,
    /// What stands there, without line breaks and comments; cut where it grows long.
    pub text: String,
}

/// A branch of a CASE: its condition, from WHEN or ELSE on, and what it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchText {
    pub when: Clause,
    pub then: Clause,
}

impl Text<'_> {
    /// The branches of the CASE that begins at a place, ELSE last; None where no CASE does.
    #[must_use]
    pub fn branches(&self, start: Location) -> Option<Vec<BranchText>> {
        let pieces = Pieces::of(self.sql);
        let tokens = pieces.tokens_from(start);
        if word(tokens.first()?) != Some(Keyword::CASE) {
            return None;
        }
        let (mut depth, mut marks) = (0, Vec::new());
        for (index, token) in tokens.iter().enumerate() {
            match word(token) {
                Some(Keyword::CASE) => depth += 1,
                Some(keyword @ (Keyword::WHEN | Keyword::THEN | Keyword::ELSE)) if depth == 1 => {
                    marks.push((keyword, index));
                }
                Some(Keyword::END) => {
                    depth -= 1;
                    if depth == 0 {
                        marks.push((Keyword::END, index));
                        break;
                    }
                }
                _ => {}
            }
        }
        let clause = |from: usize, to: usize| self.clause(&pieces, &tokens[from..to]);
        // `case x when …`: what is compared belongs to each condition.
        let compared = marks.first().filter(|(_, first)| *first > 1).map(|(_, first)| clause(0, *first).text);
        let mut branches = Vec::new();
        for pair in marks.windows(3) {
            if let [(Keyword::WHEN, when), (Keyword::THEN, then), (_, end)] = *pair {
                let mut condition = clause(when, then);
                if let Some(compared) = &compared {
                    condition.text = format!("{compared} {}", condition.text);
                }
                branches.push(BranchText { when: condition, then: clause(then + 1, end) });
            }
        }
        if let [.., (Keyword::ELSE, from), (Keyword::END, end)] = *marks.as_slice() {
            branches.push(BranchText { when: clause(from, from + 1), then: clause(from + 1, end) });
        }
        Some(branches)
    }

    /// The join whose right side begins at a place: with the words before it, to the end of its condition.
    #[must_use]
    pub fn join(&self, right: Location) -> Clause {
        let pieces = Pieces::of(self.sql);
        let all = pieces.tokens_from(Location::new(1, 1));
        let at = all.iter().position(|token| token.span.start >= right).unwrap_or(all.len());
        let is_joining = |token: &TokenWithSpan| {
            word(token).is_some_and(|word| JOINING.contains(&word)) || token.token == Token::LParen
        };
        let mut from = at;
        while from > 0 && is_joining(&all[from - 1]) {
            from -= 1;
        }
        // A bracket before the words is not the join's own, unless it opens a query.
        let opened = all[from..at].iter().take_while(|token| token.token == Token::LParen).count();
        let of_query = all.get(at).is_some_and(|token| matches!(word(token), Some(Keyword::SELECT | Keyword::WITH)));
        from += if of_query { opened.saturating_sub(1) } else { opened };
        let (mut depth, mut to) = (0_i32, all.len());
        for index in from..all.len() {
            let joins = |token: &TokenWithSpan| word(token).is_some_and(|word| JOINING.contains(&word));
            match &all[index].token {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                Token::Comma | Token::SemiColon if depth == 0 => depth = -1,
                _ => {}
            }
            // left(…) and right(…) are functions as well.
            let called = matches!(word(&all[index]), Some(Keyword::LEFT | Keyword::RIGHT))
                && all.get(index + 1).is_some_and(|next| next.token == Token::LParen);
            let ends = index >= at
                && depth == 0
                && (joins(&all[index]) && !called || word(&all[index]).is_some_and(|word| ENDING.contains(&word)));
            if depth < 0 || ends {
                to = index;
                break;
            }
        }
        self.clause(&pieces, &all[from..to.max(from)])
    }

    /// An expression as it is written.
    #[must_use]
    pub fn expression(&self, expr: &Expr) -> Clause {
        let pieces = Pieces::of(self.sql);
        match pieces.expr(expr, 0) {
            Some(piece) => Clause { place: format!("{}:{}:{}", self.file, piece.line, piece.column), text: piece.text },
            None => self.from(expr.span().start, &expr.to_string()),
        }
    }

    fn from(&self, start: Location, text: &str) -> Clause {
        let place = if start.line == 0 {
            self.file.to_owned()
        } else {
            format!("{}:{}:{}", self.file, start.line, start.column)
        };
        Clause { place, text: cut(text) }
    }

    fn clause(&self, pieces: &Pieces<'_>, tokens: &[TokenWithSpan]) -> Clause {
        let start = tokens.first().map_or_else(Location::empty, |token| token.span.start);
        self.from(start, &pieces.written(tokens))
    }
}

fn word(token: &TokenWithSpan) -> Option<Keyword> {
    match &token.token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.keyword),
        _ => None,
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    let kept: String = text.chars().take(SHOWN - 1).collect();
    format!("{}…", kept.trim_end())
}
