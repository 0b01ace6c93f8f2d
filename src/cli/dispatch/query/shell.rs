//! Owns the shell on a terminal: its prompt, its history and how names are completed. Must not know: what is asked.

use std::fmt;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use dialoguer::theme::Theme;
use dialoguer::{Completion, History, Input};

use super::lines::COMMANDS;
use super::{Next, Session};
use crate::cli::args::Format;
use crate::cli::render;
use crate::command::query::statements::Statements;
use crate::command::query::{columns, opened, tables};
use crate::error::{Error, Kind, Result};

/// What is kept of the history.
const KEPT: usize = 1000;
/// Below --dir.
const HISTORY: &str = "query.history";

impl Session<'_> {
    /// Answers what is typed, until Ctrl-C at an empty prompt or `.quit`. No mistake ends it.
    pub(super) async fn shell(&self) -> Result<u8> {
        render::error::note(&format!("{}; .help tells what can be typed, .quit ends", opened(&self.stored)));
        let mut history = Remembered::read(self.setting.workspace.join(HISTORY));
        let names = self.names().await;
        let mut shown = self.shown.clone();
        shown.one = false;
        let mut statements = Statements::default();
        loop {
            // What was said between two queries was meant for neither.
            self.setting.cancel.lower();
            let prompt = if statements.is_open() { "   ...> " } else { "rehome> " };
            let input = Input::<String>::with_theme(&Bare)
                .with_prompt(prompt)
                .allow_empty(true)
                .history_with(&mut history)
                .completion_with(&names);
            let line = match tokio::task::block_in_place(|| input.interact_text()) {
                Ok(line) => line,
                Err(dialoguer::Error::IO(error)) if error.kind() == std::io::ErrorKind::Interrupted => {
                    self.calm().await;
                    if !statements.is_open() {
                        return Ok(0);
                    }
                    statements.clear();
                    continue;
                }
                Err(dialoguer::Error::IO(error)) => return Err(error.into()),
            };
            for statement in statements.line(&line) {
                // Places are those within the statement.
                match self.answer("query", statement.trim_start(), &mut shown).await {
                    Ok(Next::More) => {}
                    Ok(Next::Quit) => return Ok(0),
                    Err(error) if error.kind() == Kind::Interrupted => {
                        render::error::note("interrupted");
                        self.calm().await;
                    }
                    Err(error) => render::error::show(&error, Format::Text),
                }
            }
        }
    }

    /// Ctrl-C was meant for what was typed or running, and not for the shell.
    async fn calm(&self) {
        let raised = self.setting.cancel.cancelled();
        let _ = tokio::time::timeout(Duration::from_millis(200), raised).await;
        self.setting.cancel.lower();
    }

    /// What can be completed: commands, words of SQL, tables and columns.
    async fn names(&self) -> Names {
        let mut all: Vec<String> = COMMANDS.iter().map(|(name, _, _)| (*name).to_owned()).collect();
        all.extend(WORDS.split_whitespace().map(str::to_owned));
        all.extend(tables(&self.stored).into_iter().map(|known| known.table));
        for column in columns(&self.stored, None).await.unwrap_or_default() {
            all.push(crate::name::quoted(&column.column));
        }
        all.sort();
        all.dedup();
        Names(all)
    }
}

const WORDS: &str = "from select where group by order limit offset having join left outer inner cross on using with recursive \
    as distinct union all except intersect case when then else end and or not in is null exists between like ilike \
    count sum avg min max coalesce cast nulls first last asc desc values table true false over partition filter";

/// A prompt as it is, without a mark.
struct Bare;

impl Theme for Bare {
    fn format_input_prompt(&self, f: &mut dyn fmt::Write, prompt: &str, _: Option<&str>) -> fmt::Result {
        f.write_str(prompt)
    }

    fn format_input_prompt_selection(&self, f: &mut dyn fmt::Write, prompt: &str, typed: &str) -> fmt::Result {
        write!(f, "{prompt}{typed}")
    }
}

struct Names(Vec<String>);

impl Completion for Names {
    /// The line with its last word completed, as far as all that it could be are the same.
    fn get(&self, line: &str) -> Option<String> {
        let part = |char: char| char.is_alphanumeric() || matches!(char, '_' | '.' | '"');
        let from = line.char_indices().rev().take_while(|(_, char)| part(*char)).last().map(|(at, _)| at)?;
        let word = &line[from..];
        let mut fitting = self.0.iter().filter(|name| name.starts_with(word));
        let mut common = fitting.next()?.clone();
        for name in fitting {
            let same = common.chars().zip(name.chars()).take_while(|(left, right)| left == right);
            common = same.map(|(char, _)| char).collect();
        }
        (common.len() > word.len()).then(|| format!("{}{common}", &line[..from]))
    }
}

/// What was typed, the newest first, in a file that only its owner can read.
struct Remembered {
    file: PathBuf,
    lines: Vec<String>,
}

impl Remembered {
    fn read(file: PathBuf) -> Self {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        Self { file, lines: text.lines().rev().take(KEPT).map(str::to_owned).collect() }
    }

    /// A history that cannot be kept is no reason to stop.
    fn keep(&self) -> std::io::Result<()> {
        let folder = self.file.parent().unwrap_or(std::path::Path::new("."));
        let mut partial = tempfile::NamedTempFile::new_in(folder)?;
        for line in self.lines.iter().rev() {
            writeln!(partial, "{line}")?;
        }
        partial.persist(&self.file)?;
        Ok(())
    }
}

impl History<String> for Remembered {
    fn read(&self, pos: usize) -> Option<String> {
        self.lines.get(pos).cloned()
    }

    fn write(&mut self, line: &String) {
        if line.trim().is_empty() || self.lines.first() == Some(line) {
            return;
        }
        self.lines.insert(0, line.clone());
        self.lines.truncate(KEPT);
        if let Err(error) = self.keep() {
            log::debug!("the history is not kept: {}", Error::from(error));
        }
    }
}

#[cfg(test)]
mod tests {
    use dialoguer::Completion;

    use super::Names;

    #[test]
    fn words_are_completed_as_far_as_they_are_the_same() {
        let names = Names(["source.people", "source.persons", "select"].map(str::to_owned).to_vec());
        assert_eq!(names.get("select * from so").as_deref(), Some("select * from source.pe"));
        assert_eq!(names.get("sel").as_deref(), Some("select"));
        assert_eq!(names.get("select * from source.pe"), None);
        assert_eq!((names.get("x"), names.get("select ")), (None, None));
    }
}
