//! Owns `to_char` and `to_number` of numbers, for templates of digits, a point, commas and one sign.
//! Must not know: columns.

use super::Bad;

/// A number to be shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number<'a> {
    Integer(i64),
    Float4(f32),
    Float8(f64),
    /// As numeric prints it.
    Numeric(&'a str),
}

/// Where a sign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// Before the first digit, or a blank there.
    Floating,
    /// `S` before or after all, which shows a plus too.
    Before,
    After,
    /// `MI` after all.
    Minus,
}

struct Template {
    /// `9`, `0`, `,` before the point, and after it.
    whole: Vec<char>,
    after: Vec<char>,
    point: bool,
    sign: Sign,
    fill: bool,
}

fn read(template: &str) -> Result<Template, Bad> {
    let mut out = Template { whole: Vec::new(), after: Vec::new(), point: false, sign: Sign::Floating, fill: true };
    let mut rest = template;
    if let Some(after) = rest.strip_prefix("FM").or_else(|| rest.strip_prefix("fm")) {
        (out.fill, rest) = (false, after);
    }
    let upper = rest.to_ascii_uppercase();
    let mut rest = upper.as_str();
    if let Some(after) = rest.strip_prefix('S') {
        (out.sign, rest) = (Sign::Before, after);
    } else if let Some(before) = rest.strip_suffix('S') {
        (out.sign, rest) = (Sign::After, before);
    } else if let Some(before) = rest.strip_suffix("MI") {
        (out.sign, rest) = (Sign::Minus, before);
    }
    for char in rest.chars() {
        match char {
            '.' | 'D' if !out.point => out.point = true,
            '9' | '0' if out.point => out.after.push(char),
            '9' | '0' => out.whole.push(char),
            ',' if !out.point => out.whole.push(','),
            _ => return Err(Bad::Unsupported),
        }
    }
    if out.whole.iter().chain(&out.after).all(|char| *char == ',') || out.whole.first() == Some(&',') {
        return Err(Bad::Unsupported);
    }
    Ok(out)
}

/// Sign, digits before and after the point, rounded to the template's.
fn digits(number: Number<'_>, after: usize) -> Result<(bool, String, String), Bad> {
    let text = match number {
        Number::Integer(value) => value.to_string(),
        Number::Numeric(text) => text.to_owned(),
        Number::Float4(value) => float(f64::from(value), 6, after)?,
        Number::Float8(value) => float(value, 15, after)?,
    };
    if text.ends_with("NaN") || text.ends_with("Infinity") {
        return Err(Bad::Unsupported);
    }
    let (negative, bare) = text.strip_prefix('-').map_or((false, text.as_str()), |rest| (true, rest));
    let (whole, fraction) = bare.split_once('.').unwrap_or((bare, ""));
    let (whole, fraction) = rounded(whole, fraction, after);
    Ok((negative, whole, fraction))
}

/// A float with the template's digits. Where it has fewer that are sure, PostgreSQL shows another template.
fn float(value: f64, significant: usize, after: usize) -> Result<String, Bad> {
    let whole = format!("{:.0}", value.abs()).len();
    let shown = format!("{value:.after$}");
    if value.is_finite() && (whole + after <= significant || after == 0) { Ok(shown) } else { Err(Bad::Unsupported) }
}

/// Halves go away from zero.
fn rounded(whole: &str, fraction: &str, after: usize) -> (String, String) {
    let mut all: Vec<u8> = whole.bytes().chain(fraction.bytes().chain(std::iter::repeat(b'0')).take(after)).collect();
    let up = fraction.as_bytes().get(after).is_some_and(|digit| *digit >= b'5');
    if up {
        let mut at = all.len();
        loop {
            if at == 0 {
                all.insert(0, b'1');
                break;
            }
            at -= 1;
            if all[at] == b'9' {
                all[at] = b'0';
            } else {
                all[at] += 1;
                break;
            }
        }
    }
    let split = all.len() - after;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&all[..split]), text(&all[split..]))
}

/// `to_char(number, template)`.
///
/// # Errors
/// For templates that are not there, and for NaN and infinities.
pub fn number(template: &str, value: Number<'_>) -> Result<String, Bad> {
    let template = read(template)?;
    let places = template.whole.iter().filter(|char| **char != ',').count();
    let (negative, whole, fraction) = digits(value, template.after.len())?;
    let whole = whole.trim_start_matches('0');
    let nothing = whole.is_empty() && fraction.bytes().all(|digit| digit == b'0');
    // A number that is rounded to nothing has no sign, but for that of the number itself in floats.
    let is_float = matches!(value, Number::Float4(_) | Number::Float8(_));
    let negative = negative && (is_float || !nothing);
    // Of floats that do not fit, PostgreSQL shows fewer places after the point.
    if whole.len() > places && is_float {
        return Err(Bad::Unsupported);
    }
    if whole.len() > places {
        return Ok(overflow(&template, negative));
    }
    let digits = format!("{}{whole}", "0".repeat(places - whole.len()));
    let first_zero = template.whole.iter().filter(|char| **char != ',').position(|char| *char == '0');
    let start = (places - whole.len()).min(first_zero.unwrap_or(places));
    // The last place shows a zero where nothing stands after the point.
    let start = if whole.is_empty() && first_zero.is_none() && !template.point {
        start.min(places.saturating_sub(1))
    } else {
        start
    };
    let mut body = String::new();
    let mut blanks = String::new();
    let (mut place, mut begun) = (0, false);
    for char in &template.whole {
        if *char == ',' {
            if begun {
                body.push(',');
            } else {
                blanks.push(' ');
            }
            continue;
        }
        begun |= place >= start;
        if begun {
            body.push(char::from(digits.as_bytes()[place]));
        } else {
            blanks.push(' ');
        }
        place += 1;
    }
    if template.point {
        body.push('.');
        let mut shown = fraction.clone();
        if !template.fill {
            // Zeros at the end go where the template has 9.
            let keep = template.after.iter().rposition(|char| *char == '0').map_or(0, |at| at + 1);
            while shown.len() > keep && shown.ends_with('0') {
                shown.pop();
            }
        }
        body.push_str(&shown);
        if !template.fill && body == "." {
            body.insert(0, '0');
        }
    }
    Ok(signed(&template, negative, &blanks, &body))
}

fn signed(template: &Template, negative: bool, blanks: &str, body: &str) -> String {
    let blanks = if template.fill { blanks } else { "" };
    match (template.sign, negative) {
        (Sign::Floating, true) => format!("{blanks}-{body}"),
        (Sign::Floating, false) if template.fill => format!(" {blanks}{body}"),
        (Sign::Floating, false) => body.to_owned(),
        (Sign::Before, negative) => format!("{blanks}{}{body}", if negative { '-' } else { '+' }),
        (Sign::After, negative) => format!("{blanks}{body}{}", if negative { '-' } else { '+' }),
        (Sign::Minus, true) => format!("{blanks}{body}-"),
        (Sign::Minus, false) if template.fill => format!("{blanks}{body} "),
        (Sign::Minus, false) => body.to_owned(),
    }
}

fn overflow(template: &Template, negative: bool) -> String {
    let mut body: String = template.whole.iter().map(|char| if *char == ',' { ',' } else { '#' }).collect();
    if template.point {
        body.push('.');
        body.push_str(&"#".repeat(template.after.len()));
    }
    signed(template, negative, "", &body)
}

/// `to_number(text, template)`.
///
/// # Errors
/// For templates that are not there, and texts that do not follow them.
pub fn to_number(text: &str, template: &str) -> Result<String, Bad> {
    let template = read(template)?;
    let trimmed = text.trim();
    let negative = trimmed.starts_with('-') || trimmed.ends_with('-');
    let bare = trimmed.trim_matches(['-', '+']).trim();
    let plain = bare.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
    let (whole, fraction) = bare.split_once('.').unwrap_or((bare, ""));
    // Only texts of which every character has its place in the template: the rest is PostgreSQL's guess.
    let commas: Vec<usize> = places_of_commas(&template.whole);
    let whole_places = template.whole.len();
    let fits = plain
        && !bare.is_empty()
        && !fraction.contains(',')
        && (template.point || fraction.is_empty())
        && fraction.len() <= template.after.len()
        && whole.len() <= whole_places
        && whole.char_indices().all(|(at, char)| (char == ',') == commas.contains(&(whole.len() - at)));
    if !fits || whole.is_empty() && fraction.is_empty() {
        return Err(Bad::Unsupported);
    }
    let whole: String = whole.chars().filter(|char| *char != ',').collect();
    let whole = match whole.trim_start_matches('0') {
        "" => "0".to_owned(),
        digits => digits.to_owned(),
    };
    let zero = whole == "0" && fraction.bytes().all(|digit| digit == b'0');
    let sign = if negative && !zero { "-" } else { "" };
    Ok(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

/// How far before the point each comma stands.
fn places_of_commas(whole: &[char]) -> Vec<usize> {
    whole.iter().enumerate().filter(|(_, char)| **char == ',').map(|(at, _)| whole.len() - at).collect()
}
