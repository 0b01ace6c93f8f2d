//! Owns the way from typed arguments to commands, and from their results to what is shown.
//! Must not know: how a command works.

mod bench;
mod check;
#[cfg(feature = "cluster")]
mod cluster;
mod doctor;
mod evidence;
mod explain;
mod init;
mod load_worker;
mod machines;
mod quarantine;
mod query;
mod run;
mod schema;
mod serve;
mod test;
mod verify;
mod what_if;

use std::path::{Path, PathBuf};

use clap::CommandFactory;

use super::args::{
    self, Args, Command, Demo, Epoch, Format, Global, Keep, Kept, Migration, Output, Reading, Report, Rollback, Sample,
    Snapshot, Take,
};
use super::render::page::{Form, Page};
use super::{progress, render, size};
use crate::cancel::Cancel;
use crate::command;
use crate::error::{At, Context, Error, Result};
use crate::extract;
use crate::kept;
use crate::pipeline::Pipeline;
use crate::run::{self as migration, Record, Request, Setting};
use crate::sample::Options;
use crate::server::Address;
use crate::shipped;
use crate::snapshot;
use crate::storage::Location;
use crate::timing::Timings;

/// Runs the command that was typed; gives the exit code.
pub async fn dispatch(args: Args, timings: Option<&Timings>, cancel: Cancel) -> Result<u8> {
    let (output, format) = (args.global.format, args.global.format.plain());
    if matches!(output, Output::Dot | Output::Mermaid) && !matches!(args.command, Command::Check(_)) {
        return Err(Error::config("only `rehome check` draws").hint("give --format text or --format json"));
    }
    if let Command::Completions { shell } = args.command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Args::command(), "rehome", &mut script);
        super::stdout::print(&script);
        return Ok(0);
    }
    if let Command::Man { folder } = &args.command {
        std::fs::create_dir_all(folder).at(At::File, folder.display().to_string())?;
        clap_mangen::generate_to(Args::command(), folder).at(At::File, folder.display().to_string())?;
        return Ok(0);
    }
    if matches!(args.command, Command::Sql) {
        render::sql(&crate::engine::listed_functions(), format);
        return Ok(0);
    }
    let setting = setting(&args.global, cancel)?;
    match args.command {
        Command::Demo(typed) => Box::pin(demo(typed, &setting, format)).await,
        Command::Run(typed) => Box::pin(self::run::run(typed, timings, &setting, format)).await,
        Command::LoadWorker(typed) => Box::pin(load_worker::run(typed, &setting, format)).await,
        Command::Plan(typed) => return Box::pin(plan(typed, &setting, format)).await,
        Command::Rollback(typed) => Box::pin(rollback(typed, &setting, format)).await,
        Command::Snapshot(Snapshot { command: Some(command), .. }) => Box::pin(kept(command, &setting, format)).await,
        Command::Snapshot(Snapshot { take: typed, .. }) => take(typed, &setting, format).await,
        Command::WhatIf(typed) => return Box::pin(what_if::run(typed, &setting, format)).await,
        Command::Check(typed) => return Box::pin(check::run(typed, &setting, output)).await,
        Command::Init(typed) => return Box::pin(init::run(typed, &setting, format)).await,
        Command::Explain(typed) => return Box::pin(explain::run(typed, &setting, format)).await,
        Command::Query(typed) => return Box::pin(query::run(typed, &setting, format)).await,
        Command::Verify(typed) => return Box::pin(verify::run(typed, &setting, format)).await,
        Command::Doctor(typed) => return Box::pin(doctor::run(typed, &setting, format)).await,
        Command::Bench(typed) => {
            return Box::pin(bench::run(typed, &timings.cloned().unwrap_or_default(), &setting, format)).await;
        }
        Command::Test(typed) => return Box::pin(test::run(typed, &setting, format)).await,
        Command::Quarantine(typed) => return Box::pin(quarantine::run(typed, &setting, format)).await,
        #[cfg(feature = "cluster")]
        Command::Cluster(typed) => return Box::pin(cluster::run(typed, &setting, format)).await,
        Command::Evidence(typed) => return Box::pin(evidence::run(typed, &setting, format)).await,
        Command::Serve(typed) => return Box::pin(serve::run(typed, &setting, format)).await,
        Command::Schema(typed) => return schema::run(&typed, format),
        Command::Report(typed) => report(typed, &setting, format).await,
        Command::Sample(typed) => sample(typed, &setting, format).await,
        Command::Sql | Command::Completions { .. } | Command::Man { .. } => Ok(()),
    }
    .map(|()| 0)
}

fn setting(global: &Global, cancel: Cancel) -> Result<Setting> {
    let quiet = global.quiet || global.format != Output::Text;
    let work = (global.jobs, global.memory.unwrap_or_else(size::unless_given));
    let store = global.store.as_deref().map(Location::parse).transpose()?;
    Ok(Setting { store, ..Setting::new(std::path::absolute(&global.dir)?, work, progress::sink(quiet), cancel) })
}

/// The first failure of a run that has a report is its exit; the others are told before.
fn first(failures: Vec<Error>, format: Format) -> Result<()> {
    let mut failures = failures.into_iter();
    let Some(gravest) = failures.next() else { return Ok(()) };
    for failure in failures {
        render::error::show(&failure, format);
    }
    Err(gravest)
}

async fn demo(typed: Demo, setting: &Setting, format: Format) -> Result<()> {
    let kept = kept_report(typed.keep_report)?;
    std::fs::create_dir_all(&setting.workspace)?;
    let pipeline = pipeline(&typed.pipeline, setting)?;
    let sample = options(&pipeline, typed.scale, typed.epoch, typed.seed);
    let shown = command::demo::demo(command::demo::Demo { pipeline, sample, keep: typed.keep }, setting).await?;
    render::demo(&shown, &setting.workspace, format);
    kept.map_or(Ok(()), |kept| kept.write(&shown.finished.report, format))?;
    first(shown.finished.failures, format)
}

fn options(pipeline: &Pipeline, scale: f64, epoch: Epoch, seed: i64) -> Options {
    let schema = pipeline.schemas.first().cloned().unwrap_or_default();
    Options { scale, epoch: epoch.name().to_owned(), seed, schema }
}

/// A pipeline by its file, or by its name: `dispatch` is `pipelines/dispatch.toml` of this folder, else the one that comes with
/// the program.
fn pipeline(named: &Path, setting: &Setting) -> Result<Pipeline> {
    if named.exists() || named.extension().is_some() {
        return Pipeline::read(named);
    }
    let here = here(named);
    let shipped = match named.to_str() {
        Some(name) if !here.exists() => shipped::unpack(name, &setting.workspace)?,
        _ => None,
    };
    Pipeline::read(&shipped.unwrap_or(here))
}

/// Where this folder would have a pipeline of this name.
fn here(named: &Path) -> PathBuf {
    Path::new("pipelines").join(named.with_extension("toml"))
}

/// Is it the name of a pipeline?
fn names_pipeline(named: &Path) -> bool {
    here(named).exists() || shipped::names().any(|name| named == Path::new(name))
}

/// The snapshot that was named, if one was.
async fn given(typed: &Migration, setting: &Setting) -> Result<Option<Location>> {
    match &typed.snapshot {
        Some(place) => command::snapshot::find(place, setting).await.map(Some),
        None => Ok(None),
    }
}

/// What is asked for, short of how it is done.
fn asked(typed: &Migration, gently: &Reading, snapshot: Option<Location>, setting: &Setting) -> Result<Request> {
    let pipeline = pipeline(&typed.pipeline, setting)?;
    Ok(Request {
        source: match snapshot {
            Some(_) => typed.source.as_deref().map(|url| address(url, &typed.patience)).transpose()?,
            None => source(typed.source.as_deref(), &pipeline, &typed.patience)?,
        },
        reading: reading(gently),
        target: target(typed.target.as_deref(), &pipeline, &typed.patience)?,
        pipeline,
        snapshot,
        only: typed.only.clone(),
        verify: migration::Verify::Nothing,
        enforce: false,
        full: false,
        allow_masked: false,
        retry_for: std::time::Duration::ZERO,
        anew: false,
        share_load: false,
    })
}

/// What `plan` says with --detailed-exitcode of a target that a run would write to.
const CHANGES: u8 = 2;

async fn plan(typed: args::Plan, setting: &Setting, format: Format) -> Result<u8> {
    let snapshot = given(&typed.migration, setting).await?;
    let plan = Box::pin(migration::plan(asked(&typed.migration, &typed.reading, snapshot, setting)?, setting)).await?;
    render::again::plan(&plan, format);
    Ok(if typed.detailed_exitcode && !plan.is_empty() { CHANGES } else { 0 })
}

async fn rollback(typed: Rollback, setting: &Setting, format: Format) -> Result<()> {
    let back = match (typed.run, typed.to) {
        (Some(run), _) => migration::Back::Before(run),
        (None, Some(run)) => migration::Back::To(run),
        (None, None) => migration::Back::Newest,
    };
    let target = target_of(typed.target.as_deref(), typed.pipeline.as_deref(), &typed.patience, setting)?;
    let done = migration::rollback(&target, &back, typed.dry_run, setting).await?;
    render::again::rolled_back(&done, format);
    done.failure().map_or(Ok(()), Err)
}

fn address(url: &str, patience: &args::Patience) -> Result<Address> {
    Ok(Address::parse(url)?.stalled_after(patience.stall_timeout))
}

/// The legacy database that was typed, else the one that the pipeline says where to find.
fn source(typed: Option<&str>, pipeline: &Pipeline, patience: &args::Patience) -> Result<Option<Address>> {
    either(typed, (pipeline.secrets.source.as_deref(), &pipeline.file), patience)
}

/// The new database, likewise.
fn target(typed: Option<&str>, pipeline: &Pipeline, patience: &args::Patience) -> Result<Address> {
    target_if_any(typed, pipeline, patience)?.ok_or_else(no_target)
}

/// The same, where it need not be known.
fn target_if_any(typed: Option<&str>, pipeline: &Pipeline, patience: &args::Patience) -> Result<Option<Address>> {
    either(typed, (pipeline.secrets.target.as_deref(), &pipeline.file), patience)
}

/// The target of a command over what it holds: the one that was typed, else that of the pipeline which was named.
fn target_of(
    typed: Option<&str>,
    named_pipeline: Option<&Path>,
    patience: &args::Patience,
    setting: &Setting,
) -> Result<Address> {
    match (typed, named_pipeline) {
        (Some(typed), _) => address(typed, patience),
        (None, Some(named)) => target(None, &pipeline(named, setting)?, patience),
        (None, None) => Err(no_target()),
    }
}

fn no_target() -> Error {
    Error::config("there is no target").hint(
        "give --target URL (or REHOME_TARGET_URL), or --pipeline FILE of one that says under [secrets] where it is kept",
    )
}

fn either(
    typed: Option<&str>,
    (kept, file): (Option<&str>, &str),
    patience: &args::Patience,
) -> Result<Option<Address>> {
    match (typed, kept) {
        (Some(typed), _) => address(typed, patience).map(Some),
        (None, Some(kept)) => address(kept, patience).map(Some).at(At::File, file),
        (None, None) => Ok(None),
    }
}

fn reading(typed: &Reading) -> extract::Options {
    extract::Options {
        max_rows_per_second: typed.max_rows_per_second,
        statement_timeout: typed.statement_timeout,
        lock_timeout: typed.lock_timeout,
        ..extract::Options::default()
    }
}

async fn kept(typed: Kept, setting: &Setting, format: Format) -> Result<()> {
    match typed {
        Kept::Verify { place } => {
            let (snapshot, found) = command::snapshot::verify(&place, setting).await?;
            render::snapshot::verified(&snapshot, &found, format);
            first(found.bad.iter().map(snapshot::Bad::error).collect(), format)
        }
        Kept::List => {
            render::snapshot::list(&command::snapshot::list(setting).await?, format);
            Ok(())
        }
        Kept::Show { place } => {
            render::snapshot::whole(&command::snapshot::open(&place, setting).await?, format);
            Ok(())
        }
        Kept::Prune { names, keep, dry_run } => {
            let asked = command::snapshot::Prune { named: names, keep, dry_run };
            render::snapshot::pruned(&command::snapshot::prune(&asked, setting).await?, format);
            Ok(())
        }
    }
}

async fn take(typed: Take, setting: &Setting, format: Format) -> Result<()> {
    let pipeline = typed.pipeline.as_deref().map(|named| pipeline(named, setting)).transpose()?;
    let url = typed.source.as_deref();
    let source = match &pipeline {
        Some(pipeline) => source(url, pipeline, &typed.patience)?,
        None => url.map(|url| address(url, &typed.patience)).transpose()?,
    };
    let source = source.ok_or_else(|| {
        Error::config("there is no source")
            .hint("give --source URL (or REHOME_SOURCE_URL), or a pipeline that says under [secrets] where it is kept")
    })?;
    let mut options = extract::Options {
        schemas: typed.schemas,
        tables: typed.tables,
        exclude: typed.exclude,
        jobs: setting.jobs,
        ..reading(&typed.reading)
    };
    if let Some(pipeline) = pipeline {
        if typed.mask {
            options.mask = Some(masking(&pipeline, typed.mask_salt_file.as_deref())?);
        }
        let graph = crate::graph::Graph::new(&pipeline)?;
        if options.schemas.is_empty() {
            options.schemas.clone_from(&pipeline.schemas);
        }
        if options.tables.is_empty() {
            options.named = graph.source_tables().into_iter().collect();
        }
    }
    let place = match typed.out {
        Some(place) => Location::parse(&place)?,
        None => migration::new_snapshot(setting)?,
    };
    let snapshot = extract::run(&source, &options, place, setting.progress.clone(), setting.cancel.clone()).await?;
    render::snapshot::taken(&snapshot, format);
    Ok(())
}

/// The environment's variable with the salt of masks.
const SALT: &str = "REHOME_MASK_SALT";

fn masking(pipeline: &Pipeline, file: Option<&Path>) -> Result<extract::Masking> {
    if pipeline.mask.is_empty() {
        return Err(Error::config("the pipeline has no rules for masking")
            .at(At::File, &pipeline.file)
            .hint("write them under [mask], such as \"*.email\" = \"hash\""));
    }
    let salt = kept::secret("salt", file, SALT)?.ok_or_else(|| {
        Error::config("there is no salt to mask with")
            .hint(format!("name a file with --mask-salt-file, or set {SALT}; make one with: openssl rand -hex 32"))
    })?;
    let secret = crate::mask::Secret::new(salt.as_bytes())?;
    Ok(extract::Masking { rules: pipeline.mask.clone(), secret })
}

/// The file that a report is kept in, if one is named: looked at before the work begins.
fn kept_report(typed: Keep) -> Result<Option<Page>> {
    typed.report.map(|file| Page::new(None, file)).transpose()
}

async fn report(typed: Report, setting: &Setting, format: Format) -> Result<()> {
    let form = match () {
        () if typed.html => Some(Form::Html),
        () if typed.md => Some(Form::Markdown),
        () if typed.json || format == Format::Json => Some(Form::Json),
        () => None,
    };
    let page = typed.output.map(|file| Page::new(form, file)).transpose()?;
    let record = Record::find(&setting.place()?, &typed.run).await?;
    let file = typed.pipeline.unwrap_or_else(|| PathBuf::from(&record.pipeline));
    let report = migration::report(&record, &pipeline(&file, setting)?, setting).await?;
    match (page, form) {
        (Some(page), _) => page.write(&report, format),
        (None, Some(form)) => render::page::show(&report, form),
        (None, None) => {
            render::report(&report, format);
            Ok(())
        }
    }
}

async fn sample(typed: Sample, setting: &Setting, format: Format) -> Result<()> {
    let pipeline = pipeline(&typed.pipeline, setting)?;
    let options = options(&pipeline, typed.scale, typed.epoch, typed.seed);
    std::fs::create_dir_all(&setting.workspace)?;
    let temporary = tempfile::Builder::new().prefix("sample-").tempdir_in(&setting.workspace)?;
    let place = match &typed.out {
        Some(place) => Location::parse(place)?,
        None => Location::folder(temporary.path())?.child("source"),
    };
    let made = command::sample::snapshot(&pipeline, &options, place, setting).await?;
    if let Some(url) = typed.into {
        command::sample::fill_source(&Address::parse(&url)?, &pipeline, &made, setting).await?;
    }
    if let Some(url) = typed.into_target {
        let place = Location::folder(temporary.path())?.child("target");
        command::sample::fill_target(&Address::parse(&url)?, &pipeline, &made, &options, place, setting).await?;
    }
    render::snapshot::taken(&made, format);
    Ok(())
}
