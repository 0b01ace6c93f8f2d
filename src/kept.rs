//! Owns how secrets are fetched from where they are kept: an environment variable, a file, or what a command prints. Connections, the
//! salt of masks and tokens are. Must not know: what they are for. What it reads never reaches a message.

use std::borrow::Cow;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::{At, Error, Kind, Result};

/// How long a command may take: it may ask somebody for a passphrase.
const PATIENCE: Duration = Duration::from_mins(1);
/// The longest secret that is read.
const LONGEST: usize = 64 << 10;
/// Where containers are given their secrets, readable by whoever is inside.
const MOUNTED: [&str; 2] = ["/run/secrets", "/var/run/secrets"];
const SORTS: [&str; 3] = ["env:", "file:", "exec:"];
/// What a connection is called where it cannot be read.
const CONNECTION: &str = "connection";

/// The connection that `env:NAME`, `file:PATH` or `exec:COMMAND` stands for; anything else is the connection itself.
///
/// # Errors
/// [`Kind::Config`] where nothing is kept there, more than a line is, or a command fails: by its name, never by what it
/// printed; [`Kind::Retryable`] for a command that takes longer than a minute.
pub fn resolve(text: &str) -> Result<Cow<'_, str>> {
    let text = text.trim();
    let Some(sort) = SORTS.into_iter().find(|sort| text.starts_with(sort)) else { return Ok(text.into()) };
    let rest = text[sort.len()..].trim();
    if rest.is_empty() {
        return Err(Error::config(format!("{sort} names nothing"))
            .hint("write env:VARIABLE, file:PATH or exec:COMMAND ARGUMENT…"));
    }
    let (kept, place) = match sort {
        "env:" => (of_environment(rest)?, format!("the variable {rest}")),
        "file:" => (of_file(&at_home(rest), CONNECTION)?, format!("the file {rest}")),
        _ => (of_command(rest)?, "what the command prints".to_owned()),
    };
    let kept = kept.trim();
    let wrong =
        |what: &str| Error::config(format!("{place} {what}")).hint("one line, as --source takes it, belongs there");
    if kept.is_empty() {
        return Err(wrong("is empty"));
    }
    if kept.contains('\n') {
        return Err(wrong("has more than one line"));
    }
    if SORTS.into_iter().any(|sort| kept.starts_with(sort)) {
        return Err(wrong("refers to another place"));
    }
    Ok(kept.to_owned().into())
}

/// A secret, such as a `token`: that of a file which was named, else that of a variable, if that is set to something. What blanks and ends
/// of lines follow it are no part of it. A file that is empty is an empty secret, which whoever asked is to refuse.
///
/// # Errors
/// [`Kind::Config`] for a file that cannot be read, and what is no text.
pub fn secret(what: &str, file: Option<&Path>, variable: &str) -> Result<Option<String>> {
    let kept = match file {
        Some(file) => Some(of_file(file, what)?),
        None => variable_of(variable)?.filter(|kept| !kept.trim_end().is_empty()),
    };
    Ok(kept.map(|kept| kept.trim_end().to_owned()))
}

/// Where this user's files are.
pub fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
}

/// A path that may begin with `~/`.
fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), home()) {
        (Some(below), Some(home)) => home.join(below),
        _ => PathBuf::from(path),
    }
}

fn variable_of(name: &str) -> Result<Option<String>> {
    let no_text = |_| Error::config(format!("the variable {name} is no text"));
    std::env::var_os(name).map(|kept| kept.into_string().map_err(no_text)).transpose()
}

fn of_environment(name: &str) -> Result<String> {
    variable_of(name)?.ok_or_else(|| {
        Error::config(format!("the environment has no variable {name}"))
            .hint("it has to be exported before the command is given")
    })
}

/// A file that holds a secret: `what`, such as a `token`. Whoever lets everybody read it is warned.
///
/// # Errors
/// [`Kind::Config`] for one that cannot be read, is no text, or is longer than any secret.
pub fn of_file(path: &Path, what: &str) -> Result<String> {
    let unread = |error: std::io::Error| {
        Error::config(format!("the file of a {what} cannot be read: {}", error.kind()))
            .at(At::File, path.display().to_string())
    };
    let mut file = std::fs::File::open(path).map_err(unread)?;
    let mode = file.metadata().map_err(unread)?.permissions().mode();
    if mode & 0o007 != 0 && !MOUNTED.iter().any(|folder| path.starts_with(folder)) {
        log::warn!("{} holds a {what}, and everybody on this machine may read it: chmod 600", path.display());
    }
    read(&mut file).map_err(unread)
}

/// A command without a shell: words as a shell would part them, nothing else. What it says on stderr is not shown, since nobody
/// knows what that is.
fn of_command(text: &str) -> Result<String> {
    let words = words(text)?;
    let Some((program, arguments)) = words.split_first() else { return Ok(String::new()) };
    let failed = |how: String| {
        Error::config(format!("the command {} {how}", shown(program)))
            .hint("run it by hand to see what is wrong with it")
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(format!("does not start: {}", error.kind())))?;
    let out = child.stdout.take();
    let reader = std::thread::spawn(move || out.map_or_else(|| Ok(String::new()), |mut out| read(&mut out)));
    let status = wait(&mut child)
        .map_err(|error| failed(format!("cannot be waited for: {}", error.kind())))?
        .ok_or_else(|| {
            Error::new(Kind::Retryable, format!("the command {} has not ended in a minute", shown(program)))
                .hint("run it by hand to see what it waits for")
        })?;
    if !status.success() {
        let code = status.code().map_or_else(|| "by a signal".to_owned(), |code| format!("with {code}"));
        return Err(failed(format!("ended {code}")));
    }
    match reader.join() {
        Ok(Ok(text)) => Ok(text),
        _ => Err(failed("printed what is no text, or too much of it".to_owned())),
    }
}

/// Waits for its end; None when it had to be killed.
fn wait(child: &mut Child) -> std::io::Result<Option<std::process::ExitStatus>> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

fn read(from: &mut impl Read) -> std::io::Result<String> {
    let mut text = String::new();
    from.take(LONGEST as u64 + 1).read_to_string(&mut text)?;
    if text.len() > LONGEST {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    Ok(text)
}

/// The program's name: its arguments may be what nobody should see.
fn shown(program: &str) -> String {
    Path::new(program).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Words between blanks; quotes of both sorts and backslashes as in a shell.
fn words(text: &str) -> Result<Vec<String>> {
    let open = || Error::config("a quote of the command is not closed").hint("exec: takes words as a shell parts them");
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            blank if blank.is_whitespace() => words.extend(word.take()),
            quote @ ('\'' | '"') => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or_else(open)? {
                        end if end == quote => break,
                        '\\' if quote == '"' => match chars.next().ok_or_else(open)? {
                            escaped @ ('"' | '\\' | '$' | '`') => word.push(escaped),
                            other => word.extend(['\\', other]),
                        },
                        other => word.push(other),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next().ok_or_else(open)?),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::{resolve, secret, words};

    fn told(text: &str) -> String {
        resolve(text).map_err(|error| format!("{error}")).unwrap_err()
    }

    #[test]
    fn words_are_parted_as_a_shell_does() {
        let text = r#"vault kv "get  -field=\"url\"" '$x y' a\ b """#;
        assert_eq!(words(text).unwrap(), ["vault", "kv", "get  -field=\"url\"", "$x y", "a b", ""]);
        assert!(words("echo 'open").is_err() && words("echo \\").is_err());
    }

    #[test]
    fn what_is_kept_elsewhere_is_fetched() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "\n postgres://u:sesame@h/d \n").unwrap();
        assert_eq!(resolve(&format!("file:{}", file.path().display())).unwrap(), "postgres://u:sesame@h/d");
        assert_eq!(resolve("exec:printf '%s %s' host=h user=u").unwrap(), "host=h user=u");
        assert_eq!(resolve("env:HOME").unwrap(), std::env::var("HOME").unwrap());
        assert_eq!(resolve(" service=legacy ").unwrap(), "service=legacy");
        // Nothing is expanded: there is no shell.
        assert_eq!(resolve("exec:echo '$HOME' $HOME").unwrap(), "$HOME $HOME");
    }

    #[test]
    fn a_secret_is_what_the_file_says_else_the_variable() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), " ses ame \n\n").unwrap();
        let named = secret("token", Some(file.path()), "HOME").unwrap();
        assert_eq!(named.as_deref(), Some(" ses ame"));
        assert_eq!(secret("token", None, "HOME").unwrap(), std::env::var("HOME").ok());
        assert_eq!(secret("token", None, "NOBODY_HAS_SET_THIS").unwrap(), None);
        std::fs::write(file.path(), "\n").unwrap();
        assert_eq!(secret("token", Some(file.path()), "HOME").unwrap().as_deref(), Some(""));
        let nowhere = secret("token", Some("/nowhere/at/all".as_ref()), "HOME").unwrap_err().to_string();
        assert!(nowhere.contains("the file of a token cannot be read"), "{nowhere}");
    }

    #[test]
    fn what_goes_wrong_is_told_without_what_was_read() {
        for (text, words) in [
            ("env:", "names nothing"),
            ("env:NOBODY_HAS_SET_THIS", "no variable NOBODY_HAS_SET_THIS"),
            ("file:/nowhere/at/all", "cannot be read"),
            ("exec:/nowhere/at/all", "does not start"),
            ("exec:sh -c 'echo sesame; echo sesame >&2; exit 7'", "the command sh ended with 7"),
            ("exec:sh -c 'echo sesame; kill -9 $$'", "ended by a signal"),
            ("exec:true", "is empty"),
            ("exec:printf 'sesame\\nsesame'", "more than one line"),
            ("exec:echo exec:echo sesame", "refers to another place"),
            ("exec:head -c 100000 /dev/zero", "ended by a signal"),
        ] {
            let told = told(text);
            let enough = told.contains(words) || text.contains("zero");
            assert!(enough && !told.contains("sesame"), "{text}: {told}");
        }
    }
}
