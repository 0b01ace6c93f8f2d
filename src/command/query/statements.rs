//! Owns where one statement ends and the next begins: at a semicolon that stands in no quotes and no comment.
//! Must not know: what statements say.

/// The text of several statements as it comes, line by line.
#[derive(Debug, Default)]
pub struct Statements {
    /// What has come of a statement that has not ended.
    open: String,
    /// Lines that ended before it began.
    lines: usize,
}

impl Statements {
    /// Adds a line; gives the statements that have ended with it, each after as many empty lines and blanks as stood before
    /// it, so that the place of a mistake is that in the whole text.
    pub fn line(&mut self, line: &str) -> Vec<String> {
        self.open.push_str(line);
        self.open.push('\n');
        let mut ended = Vec::new();
        let mut from = 0;
        while let Some(length) = end(&self.open[from..]) {
            ended.extend(self.placed(from, from + length));
            from += length + 1;
        }
        // A command ends with its line.
        if is_command(&self.open[from..]) {
            ended.push(self.open[from..].trim().to_owned());
            self.clear();
            return ended;
        }
        if blank(&self.open[from..]) {
            self.lines += self.open.matches('\n').count();
            self.open.clear();
        } else {
            // What stands on the line before a statement keeps its width.
            let (before, rest) = self.open.split_at(from);
            let width = before.rsplit('\n').next().unwrap_or_default().chars().count();
            self.lines += before.matches('\n').count();
            self.open = format!("{}{rest}", " ".repeat(width));
        }
        ended
    }

    /// The last statement, which may lack its semicolon.
    pub fn rest(&mut self) -> Option<String> {
        let rest = self.placed(0, self.open.len());
        self.clear();
        rest
    }

    /// Forgets a statement that has not ended.
    pub fn clear(&mut self) {
        self.lines += self.open.matches('\n').count();
        self.open.clear();
    }

    /// Has a statement begun that has not ended?
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    fn placed(&self, from: usize, to: usize) -> Option<String> {
        let sql = self.open.get(from..to).filter(|sql| !blank(sql))?;
        let before = &self.open[..from];
        let lines = self.lines + before.matches('\n').count();
        let width = before.rsplit('\n').next().unwrap_or_default().chars().count();
        Some(format!("{}{}{sql}", "\n".repeat(lines), " ".repeat(width)))
    }
}

/// Is it for the shell itself (`.tables`), and no SQL?
#[must_use]
pub fn is_command(text: &str) -> bool {
    let mut chars = text.trim_start().chars();
    chars.next() == Some('.') && chars.next().is_some_and(char::is_alphabetic)
}

/// Is there nothing but blanks and comments?
fn blank(sql: &str) -> bool {
    let mut rest = sql.trim_start();
    while let Some(length) = comment(rest) {
        rest = rest[length..].trim_start();
    }
    rest.is_empty()
}

/// Where the semicolon stands that ends the statement.
fn end(sql: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(char) = sql[at..].chars().next() {
        let rest = &sql[at..];
        at += match char {
            ';' => return Some(at),
            '\'' if escapes(&sql[..at]) => quoted(rest, '\'', true),
            '\'' | '"' => quoted(rest, char, false),
            '$' => dollar(rest, &sql[..at]).unwrap_or(1),
            '-' | '/' => comment(rest).unwrap_or(1),
            _ => char.len_utf8(),
        };
    }
    None
}

/// Does E stand before a quote, so that a backslash escapes?
fn escapes(before: &str) -> bool {
    let mut chars = before.chars().rev();
    matches!(chars.next(), Some('e' | 'E')) && chars.next().is_none_or(|char| !char.is_alphanumeric() && char != '_')
}

/// The length of what begins with a quote; all there is where none ends it.
fn quoted(text: &str, quote: char, escapes: bool) -> usize {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' if escapes => drop(chars.next()),
            // A doubled quote ends and begins.
            _ if char == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `$tag$ … $tag$`; None for another dollar.
fn dollar(text: &str, before: &str) -> Option<usize> {
    if before.chars().next_back().is_some_and(|char| char.is_alphanumeric() || char == '_') {
        return None;
    }
    let close = text[1..].find('$')? + 1;
    let tag = &text[..=close];
    let named = |char: char| char.is_alphanumeric() || char == '_';
    let inner = &tag[1..close];
    if !inner.chars().all(named) || inner.starts_with(|char: char| char.is_ascii_digit()) {
        return None;
    }
    let end = text[tag.len()..].find(tag).map(|end| tag.len() + end + tag.len());
    Some(end.unwrap_or(text.len()))
}

/// The length of a comment that begins here. One in `/* … */` may hold others.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("--") {
        return Some(text.find('\n').map_or(text.len(), |end| end + 1));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    Some(text.len())
}

#[cfg(test)]
mod tests {
    use super::Statements;

    fn split(text: &str) -> Vec<String> {
        let mut statements = Statements::default();
        let mut all: Vec<String> = text.lines().flat_map(|line| statements.line(line)).collect();
        all.extend(statements.rest());
        all.iter().map(|sql| sql.trim().to_owned()).collect()
    }

    #[test]
    fn semicolons_end_statements_where_they_stand_alone() {
        assert_eq!(split("a; b;\nc\nd;; ; e"), ["a", "b", "c\nd", "e"]);
        assert_eq!(
            split("'a;''b'; \"c;\"\"d\"; e'f\\';g'; $$;$$ ; $x$;$$;$x$"),
            ["'a;''b'", "\"c;\"\"d\"", "e'f\\';g'", "$$;$$", "$x$;$$;$x$"]
        );
        assert_eq!(split("a -- b;\n; /* c; /* d; */ ; */ e; -- f\n"), ["a -- b;", "/* c; /* d; */ ; */ e"]);
        assert_eq!(split("select 'one\ntwo;'; $1; x$y$z;"), ["select 'one\ntwo;'", "$1", "x$y$z"]);
        assert_eq!(split("'é;'; 'open;"), ["'é;'", "'open;"]);
    }

    #[test]
    fn commands_end_with_their_line() {
        assert_eq!(split("a; .limit 2\n.tables\n .5 + b\n.c;"), ["a", ".limit 2", ".tables", ".5 + b\n.c"]);
    }

    #[test]
    fn places_are_those_of_the_whole_text() {
        let mut statements = Statements::default();
        assert_eq!(statements.line("-- what for"), [""; 0]);
        assert_eq!(statements.line("a; b;"), ["\na", "\n   b"]);
        assert_eq!(statements.line("  c; d"), ["\n\n  c"]);
        assert_eq!(statements.line("e;"), ["\n\n     d\ne"]);
    }
}
