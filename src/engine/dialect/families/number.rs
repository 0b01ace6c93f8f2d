//! Owns the functions of integers and of exact numbers.
//! Must not know: plans, columns.

use std::borrow::Cow;

use super::super::super::functions::numeric_operation;
use super::super::Fault;
use super::super::form::T::{Bool, Float8, Int2, Int4, Int8, Numeric};
use super::super::form::{Form, form};
use super::super::value::Value;
use super::{Family, Out, float, int, int4, text};

pub const FAMILY: Family = Family {
    title: "Numbers",
    functions: &[
        ("abs", ABS),
        ("ceil", CEIL),
        ("ceiling", CEIL),
        ("div", &[form(&[Numeric, Numeric], Numeric, |a| numeric_div(text(a, 0), text(a, 1)))]),
        ("floor", FLOOR),
        ("gcd", GCD),
        ("lcm", LCM),
        ("min_scale", &[form(&[Numeric], Int4, |a| Ok(scale_of(text(a, 0).trim_end_matches('0'), a)))]),
        ("mod", MOD),
        ("negate", NEGATE),
        ("round", ROUND),
        ("scale", &[form(&[Numeric], Int4, |a| Ok(scale_of(text(a, 0), a)))]),
        ("sign", SIGN),
        ("trim_scale", &[form(&[Numeric], Numeric, |a| Ok(Value::numeric(trimmed(text(a, 0)))))]),
        ("trunc", TRUNC),
        ("numeric_is_nan", &[form(&[Numeric], Bool, |a| Ok(Value::Bool(text(a, 0) == "NaN")))]),
    ],
};

const OVERFLOW: Fault = Fault("an integer is out of range");

const ABS: &[Form] = &[
    form(&[Int2], Int2, |a| absolute(int(a, 0))),
    form(&[Int4], Int4, |a| absolute(int(a, 0))),
    form(&[Int8], Int8, |a| absolute(int(a, 0))),
    form(&[Numeric], Numeric, |a| unary("abs", a)),
    form(&[super::super::form::T::Float4], super::super::form::T::Float4, |a| {
        Ok(if let Value::Float4(value) = a[0] { Value::Float4(value.abs()) } else { Value::Null })
    }),
    form(&[Float8], Float8, |a| Ok(Value::Float8(float(a, 0).abs()))),
];

const NEGATE: &[Form] = &[
    form(&[Int2], Int2, |a| negative(int(a, 0))),
    form(&[Int4], Int4, |a| negative(int(a, 0))),
    form(&[Int8], Int8, |a| negative(int(a, 0))),
    form(&[Numeric], Numeric, |a| unary("numeric_negate", a)),
    form(&[super::super::form::T::Float4], super::super::form::T::Float4, |a| {
        Ok(if let Value::Float4(value) = a[0] { Value::Float4(-value) } else { Value::Null })
    }),
    form(&[Float8], Float8, |a| Ok(Value::Float8(-float(a, 0)))),
    form(&[super::super::form::T::Interval], super::super::form::T::Interval, |a| super::time::negated(a)),
];

const CEIL: &[Form] = &[
    form(&[Numeric], Numeric, |a| unary("ceil", a)),
    form(&[Float8], Float8, |a| Ok(Value::Float8(float(a, 0).ceil()))),
];

const FLOOR: &[Form] = &[
    form(&[Numeric], Numeric, |a| unary("floor", a)),
    form(&[Float8], Float8, |a| Ok(Value::Float8(float(a, 0).floor()))),
];

const SIGN: &[Form] = &[
    form(&[Numeric], Numeric, |a| unary("signum", a)),
    form(&[Float8], Float8, |a| Ok(Value::Float8(sign(float(a, 0))))),
];

const ROUND: &[Form] = &[
    form(&[Numeric], Numeric, |a| unary("round", a)),
    form(&[Float8], Float8, |a| Ok(Value::Float8(float(a, 0).round_ties_even()))),
    form(&[Numeric, Int4], Numeric, |a| digits("round", a)),
];

const TRUNC: &[Form] = &[
    form(&[Numeric], Numeric, |a| unary("trunc", a)),
    form(&[Float8], Float8, |a| Ok(Value::Float8(float(a, 0).trunc()))),
    form(&[Numeric, Int4], Numeric, |a| digits("trunc", a)),
];

const MOD: &[Form] = &[
    form(&[Int2, Int2], Int2, |a| remainder(int(a, 0), int(a, 1))),
    form(&[Int4, Int4], Int4, |a| remainder(int(a, 0), int(a, 1))),
    form(&[Int8, Int8], Int8, |a| remainder(int(a, 0), int(a, 1))),
    form(&[Numeric, Numeric], Numeric, |a| {
        numeric_operation("numeric_remainder", text(a, 0), text(a, 1)).map(Value::numeric).map_err(Fault)
    }),
];

const GCD: &[Form] = &[
    form(&[Int4, Int4], Int4, |a| gcd(int(a, 0), int(a, 1))),
    form(&[Int8, Int8], Int8, |a| gcd(int(a, 0), int(a, 1))),
];

const LCM: &[Form] = &[
    form(&[Int4, Int4], Int4, |a| lcm(int(a, 0), int(a, 1))),
    form(&[Int8, Int8], Int8, |a| lcm(int(a, 0), int(a, 1))),
];

fn absolute<'a>(value: i64) -> Out<'a> {
    value.checked_abs().map(Value::Int).ok_or(OVERFLOW)
}

fn negative<'a>(value: i64) -> Out<'a> {
    value.checked_neg().map(Value::Int).ok_or(OVERFLOW)
}

fn remainder<'a>(left: i64, right: i64) -> Out<'a> {
    if right == 0 { Err(Fault("a division by zero")) } else { Ok(Value::Int(left.wrapping_rem(right))) }
}

fn gcd<'a>(left: i64, right: i64) -> Out<'a> {
    let (mut a, mut b) = (left.unsigned_abs(), right.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i64::try_from(a).map(Value::Int).map_err(|_| OVERFLOW)
}

fn lcm<'a>(left: i64, right: i64) -> Out<'a> {
    if left == 0 || right == 0 {
        return Ok(Value::Int(0));
    }
    let Value::Int(divisor) = gcd(left, right)? else { return Err(OVERFLOW) };
    (left / divisor).checked_mul(right).and_then(i64::checked_abs).map(Value::Int).ok_or(OVERFLOW)
}

fn sign(value: f64) -> f64 {
    if value > 0.0 {
        1.0
    } else if value < 0.0 {
        -1.0
    } else if value.is_nan() {
        // PostgreSQL compares with 0 and finds neither: what is left is 0.
        0.0
    } else {
        0.0
    }
}

fn unary<'a>(name: &'static str, args: &[Value<'_>]) -> Out<'a> {
    super::super::super::functions::numeric_unary(name, text(args, 0), 0).map(Value::numeric).map_err(Fault)
}

fn digits<'a>(name: &'static str, args: &[Value<'_>]) -> Out<'a> {
    let digits = i64::from(int4(args, 1)).clamp(-131_072, 16_383);
    super::super::super::functions::numeric_unary(name, text(args, 0), digits).map(Value::numeric).map_err(Fault)
}

/// The whole part of a quotient.
fn numeric_div<'a>(left: &str, right: &str) -> Out<'a> {
    let special = |text: &str| text.ends_with("NaN") || text.ends_with("Infinity");
    if special(left) || special(right) {
        return Err(Fault("div of NaN or an infinity is not there"));
    }
    let rest = numeric_operation("numeric_remainder", left, right).map_err(Fault)?;
    let whole = numeric_operation("numeric_subtract", left, &rest).map_err(Fault)?;
    let quotient = numeric_operation("numeric_divide", &whole, right).map_err(Fault)?;
    super::super::super::functions::numeric_unary("round", &quotient, 0).map(Value::numeric).map_err(Fault)
}

fn scale_of<'a>(number: &str, args: &[Value<'_>]) -> Value<'a> {
    let given = text(args, 0);
    if given.ends_with("NaN") || given.ends_with("Infinity") {
        return Value::Null;
    }
    // Trailing zeros are cut before the point too, where there is none: then nothing stands after it.
    let after = if given.contains('.') { number.split_once('.').map_or(0, |(_, after)| after.len()) } else { 0 };
    Value::Int(i64::try_from(after).unwrap_or(i64::MAX))
}

fn trimmed(number: &str) -> Cow<'_, str> {
    if number.contains('.') {
        Cow::Owned(number.trim_end_matches('0').trim_end_matches('.').to_owned())
    } else {
        Cow::Borrowed(number)
    }
}
