//! Owns the names of zones whose history before 1970 is not the same in every build of the time zone database.
//! Must not know: offsets.

/// Places that have been merged with another one of the same clock since 1970: some builds (Debian's and Ubuntu's among
/// them) keep the history of their own, others give them the other place's.
#[rustfmt::skip]
const MERGED: &[&str] = &[
    "Africa/Accra", "Africa/Addis_Ababa", "Africa/Asmara", "Africa/Bamako", "Africa/Bangui", "Africa/Banjul",
    "Africa/Blantyre", "Africa/Brazzaville", "Africa/Bujumbura", "Africa/Conakry", "Africa/Dakar",
    "Africa/Dar_es_Salaam", "Africa/Djibouti", "Africa/Douala", "Africa/Freetown", "Africa/Gaborone", "Africa/Harare",
    "Africa/Kampala", "Africa/Kigali", "Africa/Kinshasa", "Africa/Libreville", "Africa/Lome", "Africa/Luanda",
    "Africa/Lubumbashi", "Africa/Lusaka", "Africa/Malabo", "Africa/Maseru", "Africa/Mbabane", "Africa/Mogadishu",
    "Africa/Niamey", "Africa/Nouakchott", "Africa/Ouagadougou", "Africa/Porto-Novo", "America/Anguilla",
    "America/Antigua", "America/Aruba", "America/Atikokan", "America/Blanc-Sablon", "America/Cayman",
    "America/Creston", "America/Curacao", "America/Dominica", "America/Grenada", "America/Guadeloupe",
    "America/Montserrat", "America/Nassau", "America/Port_of_Spain", "America/St_Kitts", "America/St_Lucia",
    "America/St_Thomas", "America/St_Vincent", "America/Tortola", "Antarctica/DumontDUrville", "Antarctica/McMurdo",
    "Antarctica/Syowa", "Asia/Aden", "Asia/Bahrain", "Asia/Brunei", "Asia/Kuala_Lumpur", "Asia/Kuwait", "Asia/Muscat",
    "Asia/Phnom_Penh", "Asia/Vientiane", "Atlantic/Reykjavik", "Atlantic/St_Helena", "Europe/Amsterdam",
    "Europe/Copenhagen", "Europe/Guernsey", "Europe/Isle_of_Man", "Europe/Jersey", "Europe/Ljubljana",
    "Europe/Luxembourg", "Europe/Monaco", "Europe/Oslo", "Europe/Sarajevo", "Europe/Skopje", "Europe/Stockholm",
    "Europe/Vaduz", "Europe/Zagreb", "Indian/Antananarivo", "Indian/Christmas", "Indian/Cocos", "Indian/Comoro",
    "Indian/Kerguelen", "Indian/Mahe", "Indian/Mayotte", "Indian/Reunion", "Pacific/Chuuk", "Pacific/Funafuti",
    "Pacific/Majuro", "Pacific/Midway", "Pacific/Pohnpei", "Pacific/Saipan", "Pacific/Wake", "Pacific/Wallis",
];

/// Is a zone's history before 1970 told in two ways?
#[must_use]
pub fn is_merged(name: &str) -> bool {
    MERGED.binary_search(&name).is_ok()
}
