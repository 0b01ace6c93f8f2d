//! Owns the way from `rehome query` as it was typed to the command, and from its result to what is shown.
//! Must not know: how the command works.

mod lines;
mod shell;

use std::io::{BufRead, IsTerminal};
use std::path::Path;

use crate::cli::args::Format;
use crate::cli::args::query::{Form, Query};
use crate::cli::render;
use crate::command::query::statements::{Statements, is_command};
use crate::command::query::{self, Asked};
use crate::diagnosis::Text;
use crate::error::{At, Error, Result};
use crate::run::Setting;
use crate::run::stored::Stored;

pub async fn run(typed: Query, setting: &Setting, format: Format) -> Result<u8> {
    let shown = Shown {
        form: form(&typed, format)?,
        limit: typed.limit,
        out: typed.out.clone(),
        format,
        one: typed.out.is_some() || (format == Format::Json && typed.form.is_none()),
    };
    let rules = typed.pipeline.as_deref().map(|named| super::pipeline(named, setting)).transpose()?;
    let texts = match (&typed.sql, &typed.file) {
        (Some(sql), _) => Some(("query".to_owned(), sql.clone())),
        (None, Some(file)) => Some((file.display().to_string(), read(file)?)),
        (None, None) => None,
    };
    let asked = Asked { snapshot: typed.snapshot, run: typed.run, rules };
    let stored = Box::pin(query::open(asked, setting)).await?;
    for note in &stored.notes {
        render::error::note(note);
    }
    let session = Session { stored, shown, setting };
    match texts {
        Some((file, text)) => session.script(&file, text.lines().map(|line| Ok(line.to_owned())), true).await,
        None if std::io::stdin().is_terminal() => session.shell().await,
        None => session.script("stdin", std::io::stdin().lock().lines().map(|line| Ok(line?)), false).await,
    }
}

fn read(file: &Path) -> Result<String> {
    let unreadable = |error: std::io::Error| {
        Error::config(format!("the queries cannot be read: {}", error.kind())).at(At::File, file.display().to_string())
    };
    std::fs::read_to_string(file).map_err(unreadable)
}

/// What was asked for, else what the name of the file says, else what the format of all commands says.
fn form(typed: &Query, format: Format) -> Result<Form> {
    let named = typed.out.as_deref().and_then(of_name);
    let form = typed.form.or(named);
    match (form, &typed.out) {
        (Some(Form::Parquet), None) => {
            Err(Error::config("Parquet is for files, not for stdout").hint("--out FILE.parquet says where it goes"))
        }
        (Some(form), _) => Ok(form),
        (None, Some(file)) => Err(Error::config("the name does not say in which form the rows are to be written")
            .at(At::File, file.display().to_string())
            .hint("end it with .csv, .json, .jsonl or .parquet, or say --as")),
        (None, None) => Ok(if format == Format::Json { Form::Json } else { Form::Table }),
    }
}

fn of_name(file: &Path) -> Option<Form> {
    Some(match file.extension()?.to_str()?.to_lowercase().as_str() {
        "csv" => Form::Csv,
        "json" => Form::Json,
        "jsonl" | "ndjson" => Form::Jsonl,
        "parquet" => Form::Parquet,
        "txt" => Form::Table,
        _ => return None,
    })
}

/// How results are shown.
#[derive(Clone)]
struct Shown {
    form: Form,
    limit: usize,
    out: Option<std::path::PathBuf>,
    format: Format,
    /// There may be one result only: it is a whole document, or a file.
    one: bool,
}

struct Session<'a> {
    stored: Stored,
    shown: Shown,
    setting: &'a Setting,
}

impl Session<'_> {
    /// Answers what comes line by line. `strict`: the first mistake ends it; else the others are answered all the same, and
    /// the first mistake gives the exit code.
    async fn script(&self, file: &str, lines: impl Iterator<Item = Result<String>>, strict: bool) -> Result<u8> {
        let mut statements = Statements::default();
        let mut shown = self.shown.clone();
        let (mut code, mut waiting) = (0, Vec::new());
        let mut lines = lines.map(Some).chain(std::iter::once_with(|| Ok(None)).map(Result::transpose));
        loop {
            let line = lines.next().flatten().transpose()?;
            waiting.extend(match &line {
                Some(line) => statements.line(line),
                None => statements.rest().into_iter().collect(),
            });
            // Where there may be one only, all must have come.
            if shown.one && line.is_some() {
                continue;
            }
            if shown.one && waiting.len() > 1 {
                return Err(Error::config("one query gives one document")
                    .at(At::File, file)
                    .hint("give the queries one by one, or --as table, csv or jsonl without --out for all in a row"));
            }
            for statement in waiting.drain(..) {
                match self.answer(file, &statement, &mut shown).await {
                    Ok(Next::More) => {}
                    Ok(Next::Quit) => return Ok(code),
                    Err(error) if strict || self.setting.cancel.is_cancelled() => return Err(error),
                    Err(error) => {
                        render::error::show(&error, self.shown.format);
                        code = if code == 0 { error.kind().exit_code() } else { code };
                    }
                }
            }
            if line.is_none() {
                return Ok(code);
            }
        }
    }

    /// Answers a query or a dot-command.
    async fn answer(&self, file: &str, statement: &str, shown: &mut Shown) -> Result<Next> {
        if is_command(statement) {
            return lines::command(statement, &self.stored, shown).await;
        }
        let mut answer = self.stored.query(Text { file, sql: statement }).await?;
        if let Some(file) = &shown.out {
            let written = render::query::to_file(&mut answer, shown.form, shown.limit, file).await?;
            render::query::tell_written(&written, shown.format);
            return Ok(Next::More);
        }
        let stays = render::query::to_stdout(&mut answer, shown.form, shown.limit).await?;
        Ok(if stays { Next::More } else { Next::Quit })
    }
}

/// What comes after an answer.
enum Next {
    More,
    Quit,
}
