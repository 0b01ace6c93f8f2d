//! Owns the abbreviations of time zones, as PostgreSQL's default list has them.
//! Must not know: dates, or the zones of the world.

/// What an abbreviation means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abbreviation {
    /// Seconds east of Greenwich, and is it a summer time?
    Fixed(i32, bool),
    /// What it means hangs on the date, by the history of a place.
    Dynamic,
}

/// Standard times, in minutes east.
#[rustfmt::skip]
const STANDARD: &[(&str, i32)] = &[
    ("acst", 570), ("act", -300), ("acwst", 525), ("aest", 600), ("aft", 270), ("akst", -540), ("almt", 360),
    ("amt", -240), ("ast", -240), ("awst", 480), ("azot", -60), ("bdt", 360), ("bnt", 480), ("bort", 480),
    ("bot", -240), ("bra", -180), ("brt", -180), ("btt", 360), ("cast", 570), ("cct", 480), ("cet", 60),
    ("chast", 765), ("chut", 600), ("cot", -300), ("cst", -360), ("cxt", 420), ("ddut", 600), ("eat", 180),
    ("eet", 120), ("egt", -60), ("est", -300), ("fet", 180), ("fjt", 720), ("fnt", -120), ("galt", -360),
    ("gamt", -540), ("gft", -180), ("gilt", 720), ("gmt", 0), ("hkt", 480), ("hst", -600), ("ict", 420), ("irt", 210),
    ("ist", 120), ("jayt", 540), ("jst", 540), ("kst", 540), ("lhst", 630), ("ligt", 600), ("mart", -570), ("met", 60),
    ("mez", 60), ("mht", 720), ("mmt", 390), ("mpt", 600), ("mst", -420), ("mut", 240), ("mvt", 300), ("myt", 480),
    ("nft", -210), ("npt", 345), ("nst", -210), ("nzst", 720), ("nzt", 720), ("pet", -300), ("pgt", 600), ("pht", 480),
    ("pkt", 300), ("pmst", -180), ("pont", 660), ("pst", -480), ("pwt", 540), ("ret", 240), ("sast", 120),
    ("sct", 240), ("taht", -600), ("tft", 300), ("tjt", 300), ("tot", 780), ("trut", 600), ("tvt", 720), ("uct", 0),
    ("ut", 0), ("utc", 0), ("uyt", -180), ("uzt", 300), ("vut", 660), ("wakt", 720), ("wast", 420), ("wat", 60),
    ("wet", 0), ("wft", 720), ("wgt", -180), ("xjt", 360), ("yapt", 600), ("z", 0), ("zulu", 0),
];

/// Summer times, in minutes east.
#[rustfmt::skip]
const SUMMER: &[(&str, i32)] = &[
    ("acdt", 630), ("acsst", 630), ("adt", -180), ("aedt", 660), ("aesst", 660), ("akdt", -480), ("almst", 420),
    ("awsst", 540), ("azost", 0), ("bdst", 120), ("brst", -120), ("bst", 60), ("cadt", 630), ("cdt", -300),
    ("cest", 120), ("cetdst", 120), ("chadt", 825), ("clst", -180), ("edt", -240), ("eest", 180), ("eetdst", 180),
    ("egst", 0), ("fjst", 780), ("fnst", -60), ("idt", 180), ("kdt", 600), ("kgst", 360), ("mdt", -360), ("mest", 120),
    ("mesz", 120), ("metdst", 120), ("msd", 240), ("must", 300), ("ndt", -150), ("nzdt", 780), ("pdt", -420),
    ("pkst", 360), ("pmdt", -120), ("pyst", -180), ("sadt", 630), ("ulast", 540), ("uyst", -120), ("uzst", 360),
    ("wadt", 480), ("wdt", 540), ("wetdst", 60), ("wgst", -120), ("yekst", 360),
];

/// Those that have changed their meaning.
#[rustfmt::skip]
const DYNAMIC: &[&str] = &[
    "amst", "anast", "anat", "arst", "art", "azst", "azt", "ckt", "clt", "davt", "easst", "east", "fkst", "fkt",
    "gest", "get", "gyt", "iot", "irkst", "irkt", "kgt", "kost", "krast", "krat", "lhdt", "lint", "lkt", "magst",
    "magt", "mawt", "msk", "novst", "novt", "nut", "omsst", "omst", "petst", "pett", "pyt", "sgt", "tkt", "tmt",
    "ulat", "vet", "vlast", "vlat", "volt", "yakst", "yakt", "yekt",
];

/// An abbreviation, in lower case.
#[must_use]
pub fn abbreviation(word: &str) -> Option<Abbreviation> {
    let among = |list: &[(&str, i32)]| list.iter().find(|(name, _)| *name == word).map(|(_, minutes)| minutes * 60);
    if let Some(offset) = among(STANDARD) {
        return Some(Abbreviation::Fixed(offset, false));
    }
    if let Some(offset) = among(SUMMER) {
        return Some(Abbreviation::Fixed(offset, true));
    }
    DYNAMIC.contains(&word).then_some(Abbreviation::Dynamic)
}
