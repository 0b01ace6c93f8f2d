//! Owns how the words of a column become the labels of the target's enum.
//! Must not know: tables, or how a flow is written.

use super::kind::Kind;
use super::spelling::literal;
use super::statistics::Vocabulary;

/// Labels for what is none of the others, the likeliest first.
const CATCH_ALL: [&str; 5] = ["unknown", "other", "undefined", "unspecified", "none"];

/// A value for a column of labels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labelled {
    pub sql: String,
    /// Holds for values that are no label.
    pub unknown: String,
    /// The label that they get; without one, their rows are rejected.
    pub catch_all: Option<String>,
    /// Values of today that no label was found for, and how many rows have one.
    pub left: Vec<(String, u64)>,
    /// Numbers were taken for labels in their order: that is a guess.
    pub guessed: bool,
}

/// The values of `x` as labels, by the words that are there today.
#[must_use]
pub fn labelled(x: &str, kind: &Kind, labels: &[String], words: Option<&Vocabulary>) -> Labelled {
    let catch_all = CATCH_ALL.iter().find_map(|word| labels.iter().find(|label| label.eq_ignore_ascii_case(word)));
    let known: Vec<&String> = labels.iter().filter(|label| Some(*label) != catch_all).collect();
    if let Kind::Int(_) | Kind::Numeric(_) = kind {
        return numbered(x, &known, catch_all, words);
    }
    let text = if kind.is_text() { x.to_owned() } else { format!("cast({x} as text)") };
    let empty = Vocabulary::new();
    let words = words.unwrap_or(&empty);
    let exact = words.iter().all(|(word, _)| labels.contains(word) || label_of(word, &known).is_none());
    let fallback = catch_all.map(|label| literal(label));
    let left = |found: &dyn Fn(&str) -> bool| words.iter().filter(|(word, _)| !found(word)).cloned().collect();
    if exact {
        let listed = if catch_all.is_some() { known.clone() } else { labels.iter().collect() };
        let list = listed.iter().map(|label| literal(label)).collect::<Vec<_>>().join(", ");
        let is_label = |word: &str| labels.iter().any(|label| label == word);
        return Labelled {
            sql: case_of(None, &[(format!("{text} in ({list})"), text.clone())], fallback.as_deref()),
            unknown: format!("{text} not in ({list})"),
            catch_all: catch_all.cloned(),
            left: left(&is_label),
            guessed: false,
        };
    }
    let folded = format!("lower(trim({text}))");
    let mut arms: Vec<(String, &String)> = Vec::new();
    for label in &known {
        arms.push((label.to_lowercase(), label));
    }
    for (word, _) in words {
        let lower = word.trim().to_lowercase();
        if let Some(label) = label_of(word, &known)
            && !arms.iter().any(|(known, _)| *known == lower)
        {
            arms.push((lower, label));
        }
    }
    // Only those that are met, or whose own name differs from what is met: a CASE is to be read.
    let met = |word: &String| words.iter().any(|(known, _)| known.trim().to_lowercase() == *word);
    let shown: Vec<&(String, &String)> = if arms.iter().any(|(word, _)| met(word)) {
        arms.iter().filter(|(word, label)| met(word) || *word == label.to_lowercase()).collect()
    } else {
        arms.iter().collect()
    };
    let whens: Vec<(String, String)> = shown.iter().map(|(word, label)| (literal(word), literal(label))).collect();
    let list: Vec<String> = shown.iter().map(|(word, _)| literal(word)).collect();
    let found = |word: &str| shown.iter().any(|(known, _)| *known == word.trim().to_lowercase());
    Labelled {
        sql: case_of(Some(&folded), &whens, fallback.as_deref()),
        unknown: format!("{folded} not in ({})", list.join(", ")),
        catch_all: catch_all.cloned(),
        left: left(&found),
        guessed: false,
    }
}

/// A CASE, an arm a line.
fn case_of(of: Option<&str>, whens: &[(String, String)], otherwise: Option<&str>) -> String {
    let wide = whens.iter().map(|(when, _)| when.chars().count()).max().unwrap_or(0);
    let mut lines = vec![of.map_or_else(|| "case".to_owned(), |of| format!("case {of}"))];
    lines.extend(whens.iter().map(|(when, then)| format!("        when {when:wide$} then {then}")));
    lines.extend(otherwise.map(|label| format!("        else {:wide$}      {label}", "")));
    lines.push("    end".to_owned());
    lines.join("\n")
}

/// Numbers that count the labels, as applications number their states.
fn numbered(x: &str, known: &[&String], catch_all: Option<&String>, words: Option<&Vocabulary>) -> Labelled {
    let empty = Vocabulary::new();
    let numbers: Vec<i64> = words.unwrap_or(&empty).iter().filter_map(|(word, _)| word.parse().ok()).collect();
    let first = i64::from(!numbers.contains(&0));
    let whens: Vec<(String, String)> =
        (first..).zip(known).map(|(at, label)| (at.to_string(), literal(label))).collect();
    let fallback = catch_all.map(|label| literal(label));
    let last = first + i64::try_from(known.len()).unwrap_or(0) - 1;
    let outside = |word: &str| !word.parse().is_ok_and(|number: i64| (first..=last).contains(&number));
    Labelled {
        sql: case_of(Some(x), &whens, fallback.as_deref()),
        unknown: format!("{x} not between {first} and {last}"),
        catch_all: catch_all.cloned(),
        left: words.unwrap_or(&empty).iter().filter(|(word, _)| outside(word)).cloned().collect(),
        guessed: true,
    }
}

/// The label that a word stands for: the same but for case, blanks and dashes; one that begins with the letter that the
/// word is, where no other does.
fn label_of<'a>(word: &str, labels: &[&'a String]) -> Option<&'a String> {
    let fold = |text: &str| text.trim().to_lowercase().replace([' ', '-', '.', '/'], "_");
    let folded = fold(word);
    if folded.is_empty() {
        return None;
    }
    let same = labels.iter().find(|label| fold(label) == folded);
    let same = same.or_else(|| labels.iter().find(|label| fold(label).replace('_', "") == folded.replace('_', "")));
    if let Some(label) = same {
        return Some(label);
    }
    let mut begin = labels.iter().filter(|label| folded.chars().count() == 1 && fold(label).starts_with(&folded));
    begin.next().filter(|_| begin.next().is_none()).copied()
}

#[cfg(test)]
mod tests {
    use super::super::kind::Kind;
    use super::labelled;

    fn of(words: &[&str], labels: &[&str]) -> super::Labelled {
        let words = words.iter().map(|word| ((*word).to_owned(), 2)).collect();
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        labelled("t.s", &Kind::Text(None), &labels, Some(&words))
    }

    /// Without the blanks that put the branches of a CASE below each other.
    fn one_line(sql: &str) -> String {
        sql.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_become_labels() {
        let same = of(&["new", "done", "odd"], &["new", "done", "unknown"]);
        assert_eq!(one_line(&same.sql), "case when t.s in ('new', 'done') then t.s else 'unknown' end");
        assert_eq!(same.left, [("odd".to_owned(), 2)]);
        let letters = of(&["F", "M"], &["female", "male"]);
        assert!(
            one_line(&letters.sql).contains("when 'f' then 'female'") && letters.catch_all.is_none(),
            "{}",
            letters.sql
        );
        let spelt = of(&["On Hold", "DONE"], &["on_hold", "done"]);
        assert!(one_line(&spelt.sql).contains("when 'on hold' then 'on_hold'"), "{}", spelt.sql);
    }
}
