//! Owns how a row with a foreign key is asked whether what it points to is there: by equality, or, where a key has a period
//! (PostgreSQL 18), by a period that others cover. Must not know: what becomes of a row that points to nothing.

use crate::server::sql::fill;

const ABSENT: &str = include_str!("../../sql/control/target/absent.sql");
const ABSENT_PERIOD: &str = include_str!("../../sql/control/target/absent_period.sql");

/// A condition over the row `t`: what its foreign key points to is not there. Names are quoted; `definition` is PostgreSQL's.
#[must_use]
pub fn absent(definition: &str, columns: &[String], referenced: &str, others: &[String]) -> String {
    let equal = |pairs: &[(&String, &String)]| {
        let equal = pairs.iter().map(|(own, other)| format!("r.{other} = t.{own}")).collect::<Vec<_>>();
        equal.join(" and ")
    };
    let pairs: Vec<_> = columns.iter().zip(others).collect();
    match pairs.split_last() {
        Some(((own, other), rest)) if has_period(definition, columns) => {
            let values = [
                ("period", own.as_str()),
                ("period_there", other.as_str()),
                ("referenced", referenced),
                ("equal", &equal(rest)),
            ];
            fill(ABSENT_PERIOD, &values)
        }
        _ => fill(ABSENT, &[("referenced", referenced), ("equal", &equal(&pairs))]),
    }
}

/// Is the last column of a foreign key a period? A name that looked like this would stand in quotes; PostgreSQL writes them only
/// where it must.
#[must_use]
pub fn has_period(definition: &str, columns: &[String]) -> bool {
    let told = |name: &str| definition.contains(&format!(", PERIOD {name}) REFERENCES "));
    columns.last().is_some_and(|last| told(last) || told(last.trim_matches('"')))
}

/// Does the server look at rows for it at all? One that is NOT ENFORCED (PostgreSQL 18) says nothing of them.
#[must_use]
pub fn is_enforced(definition: &str) -> bool {
    !definition.ends_with(" NOT ENFORCED")
}

#[cfg(test)]
mod tests {
    use super::{has_period, is_enforced};

    #[test]
    fn definitions_are_read_as_postgresql_writes_them() {
        let columns = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let period = "FOREIGN KEY (item, PERIOD days) REFERENCES prices(item, PERIOD valid) NOT ENFORCED";
        assert!(has_period(period, &columns(&["item", "days"])) && !is_enforced(period));
        assert!(has_period(period, &columns(&["\"item\"", "\"days\""])));
        let plain = "FOREIGN KEY (item, period) REFERENCES prices(item, period) NOT VALID";
        assert!(!has_period(plain, &columns(&["item", "period"])) && is_enforced(plain));
    }
}
