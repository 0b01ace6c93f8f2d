//! Owns sizes of memory as people write them. Must not know: what they are for.

/// Reads `800MB`, `4GiB`, `512k` or a number of bytes.
///
/// # Errors
/// What a size looks like.
pub fn size(text: &str) -> Result<usize, String> {
    let help = || "a size such as 800MB or 4GiB".to_owned();
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let number: usize = text[..digits].parse().map_err(|_| help())?;
    let unit = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "kib" => 1 << 10,
        "m" | "mb" => 1_000_000,
        "mib" => 1 << 20,
        "g" | "gb" => 1_000_000_000,
        "gib" => 1 << 30,
        _ => return Err(help()),
    };
    number.checked_mul(unit).filter(|bytes| *bytes > 0).ok_or_else(help)
}

/// What queries hold unless more is given, in bytes: 256 MiB, or a quarter of the machine's memory where that is less. What needs
/// more spills.
#[must_use]
pub fn unless_given() -> usize {
    let total = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        line.trim().trim_end_matches(" kB").trim().parse::<usize>().ok()
    });
    total.map_or(UNLESS_GIVEN, |kibibytes| UNLESS_GIVEN.min(kibibytes * 256))
}

const UNLESS_GIVEN: usize = 256 << 20;

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_read_as_written() {
        assert_eq!(size("4GiB"), Ok(4 << 30));
        assert_eq!(size("800 MB"), Ok(800_000_000));
        assert!(size("much").is_err() && size("0").is_err() && size("99999999999GiB").is_err());
    }
}
