//! Owns the arithmetic of real and double precision, with PostgreSQL's errors where a result is out of range.
//! Must not know: plans, columns.

use super::super::super::postgres::float as pg;
use super::super::Fault;
use super::super::form::T::{Float4, Float8, Numeric};
use super::super::form::{Form, form, refused};
use super::super::value::Value;
use super::{Family, Out, float};

pub const FAMILY: Family = Family {
    title: "Floating point",
    functions: &[
        ("op_power", POWER),
        ("power", POWER),
        ("pow", POWER),
        ("sqrt", &[form(&[Float8], Float8, |a| done(pg::sqrt(float(a, 0)))), refused(&[Numeric], AS_FLOAT)]),
        ("cbrt", &[form(&[Float8], Float8, |a| done(pg::cbrt(float(a, 0))))]),
        ("exp", &[form(&[Float8], Float8, |a| done(pg::exp(float(a, 0)))), refused(&[Numeric], AS_FLOAT)]),
        ("ln", &[form(&[Float8], Float8, |a| done(pg::ln(float(a, 0)))), refused(&[Numeric], AS_FLOAT)]),
        (
            "log",
            &[
                form(&[Float8], Float8, |a| done(pg::log10(float(a, 0)))),
                refused(&[Numeric], AS_FLOAT),
                refused(&[Numeric, Numeric], AS_FLOAT),
            ],
        ),
        ("log10", &[form(&[Float8], Float8, |a| done(pg::log10(float(a, 0)))), refused(&[Numeric], AS_FLOAT)]),
        ("degrees", &[form(&[Float8], Float8, |a| done(pg::degrees(float(a, 0))))]),
        ("radians", &[form(&[Float8], Float8, |a| done(pg::radians(float(a, 0))))]),
        ("acos", &[form(&[Float8], Float8, |a| within_one(float(a, 0), f64::acos))]),
        ("asin", &[form(&[Float8], Float8, |a| within_one(float(a, 0), f64::asin))]),
        ("atan", &[form(&[Float8], Float8, |a| Ok(Value::Float8(float(a, 0).atan())))]),
        ("atan2", &[form(&[Float8, Float8], Float8, |a| Ok(Value::Float8(float(a, 0).atan2(float(a, 1)))))]),
        ("cos", &[form(&[Float8], Float8, |a| finite(float(a, 0), f64::cos))]),
        ("sin", &[form(&[Float8], Float8, |a| finite(float(a, 0), f64::sin))]),
        ("tan", &[form(&[Float8], Float8, |a| finite(float(a, 0), f64::tan))]),
        ("pi", &[form(&[], Float8, |_| Ok(Value::Float8(std::f64::consts::PI)))]),
    ],
};

const POWER: &[Form] = &[
    form(&[Float8, Float8], Float8, |a| done(pg::dpow(float(a, 0), float(a, 1)))),
    refused(&[Numeric, Numeric], AS_FLOAT),
];

/// numeric's own roots and powers have as many digits as their values ask for.
const AS_FLOAT: &str = "cast(… as double precision) around the argument";

fn done<'a>(result: Result<f64, pg::Bad>) -> Out<'a> {
    result.map(Value::Float8).map_err(|_| Fault("a result is out of range, or not a real number"))
}

/// Sums, differences, products and quotients: of two reals a real, else double precision.
pub const PLUS: [Form; 4] = [
    form(&[Float4, Float4], Float4, |a| single(a, |x, y| x + y)),
    form(&[Float8, Float8], Float8, |a| plus(a)),
    form(&[Float4, Float8], Float8, |a| plus(a)),
    form(&[Float8, Float4], Float8, |a| plus(a)),
];
pub const MINUS: [Form; 4] = [
    form(&[Float4, Float4], Float4, |a| single(a, |x, y| x - y)),
    form(&[Float8, Float8], Float8, |a| minus(a)),
    form(&[Float4, Float8], Float8, |a| minus(a)),
    form(&[Float8, Float4], Float8, |a| minus(a)),
];
pub const TIMES: [Form; 4] = [
    form(&[Float4, Float4], Float4, |a| {
        let product = single(a, |x, y| x * y)?;
        vanished(product, float(a, 0) != 0.0 && float(a, 1) != 0.0)
    }),
    form(&[Float8, Float8], Float8, |a| times(a)),
    form(&[Float4, Float8], Float8, |a| times(a)),
    form(&[Float8, Float4], Float8, |a| times(a)),
];
pub const DIVIDE: [Form; 4] = [
    form(&[Float4, Float4], Float4, |a| {
        divisor(float(a, 0), float(a, 1))?;
        let quotient = single(a, |x, y| x / y)?;
        vanished(quotient, float(a, 0) != 0.0 && !float(a, 1).is_infinite())
    }),
    form(&[Float8, Float8], Float8, |a| divided(a)),
    form(&[Float4, Float8], Float8, |a| divided(a)),
    form(&[Float8, Float4], Float8, |a| divided(a)),
];

fn plus<'a>(a: &[Value<'_>]) -> Out<'a> {
    ranged(float(a, 0) + float(a, 1), float(a, 0), float(a, 1))
}

fn minus<'a>(a: &[Value<'_>]) -> Out<'a> {
    ranged(float(a, 0) - float(a, 1), float(a, 0), float(a, 1))
}

fn times<'a>(a: &[Value<'_>]) -> Out<'a> {
    let product = ranged(float(a, 0) * float(a, 1), float(a, 0), float(a, 1))?;
    vanished(product, float(a, 0) != 0.0 && float(a, 1) != 0.0)
}

fn divided<'a>(a: &[Value<'_>]) -> Out<'a> {
    divisor(float(a, 0), float(a, 1))?;
    let quotient = ranged(float(a, 0) / float(a, 1), float(a, 0), 1.0)?;
    vanished(quotient, float(a, 0) != 0.0 && !float(a, 1).is_infinite())
}

const OUT: Fault = Fault("a floating point number is out of range");

fn divisor(left: f64, right: f64) -> Result<(), Fault> {
    if right == 0.0 && !left.is_nan() { Err(Fault("a division by zero")) } else { Ok(()) }
}

fn single<'a>(args: &[Value<'_>], operation: fn(f32, f32) -> f32) -> Out<'a> {
    let (Some(Value::Float4(left)), Some(Value::Float4(right))) = (args.first(), args.get(1)) else { return Err(OUT) };
    let result = operation(*left, *right);
    if result.is_infinite() && left.is_finite() && right.is_finite() { Err(OUT) } else { Ok(Value::Float4(result)) }
}

/// A result that is infinite though nothing it was made of is.
fn ranged<'a>(result: f64, left: f64, right: f64) -> Out<'a> {
    if result.is_infinite() && left.is_finite() && right.is_finite() { Err(OUT) } else { Ok(Value::Float8(result)) }
}

/// A result that is 0 only because it was too small.
fn vanished(result: Value<'_>, should_not: bool) -> Out<'_> {
    let is_zero = match result {
        Value::Float4(value) => value == 0.0,
        Value::Float8(value) => value == 0.0,
        _ => false,
    };
    if is_zero && should_not { Err(OUT) } else { Ok(result) }
}

fn within_one<'a>(value: f64, of: fn(f64) -> f64) -> Out<'a> {
    if value.is_finite() && !(-1.0..=1.0).contains(&value) || value.is_infinite() {
        Err(OUT)
    } else {
        Ok(Value::Float8(of(value)))
    }
}

fn finite<'a>(value: f64, of: fn(f64) -> f64) -> Out<'a> {
    if value.is_infinite() { Err(OUT) } else { Ok(Value::Float8(of(value))) }
}
