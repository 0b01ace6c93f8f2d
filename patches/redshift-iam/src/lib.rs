//! A stand-in for the crate of the same name, which connectorx lists as a dependency of its PostgreSQL source
//! and which would bring the whole AWS SDK. rehome never asks for a Redshift connection.

/// Answers with a URL that no client connects to, and that says why.
pub fn redshift_to_postgres(_connection_uri: impl ToString) -> url::Url {
    const REFUSED: &str = "unsupported://redshift-is-not-supported";
    match url::Url::parse(REFUSED) {
        Ok(url) => url,
        Err(_) => unreachable!("a constant URL parses"),
    }
}
