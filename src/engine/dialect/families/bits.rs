//! Owns the operators on the bits of integers.
//! Must not know: plans, columns.

use super::super::form::T::{Int2, Int4, Int8};
use super::super::form::{Form, form};
use super::super::value::Value;
use super::{Family, int};

pub const FAMILY: Family = Family {
    title: "Bits of integers",
    functions: &[
        ("op_and", AND),
        ("op_or", OR),
        ("op_xor", XOR),
        ("op_left", LEFT),
        ("op_right", RIGHT),
        (
            "bit_not",
            &[
                form(&[Int2], Int2, |a| Ok(Value::Int(!int(a, 0)))),
                form(&[Int4], Int4, |a| Ok(Value::Int(!int(a, 0)))),
                form(&[Int8], Int8, |a| Ok(Value::Int(!int(a, 0)))),
            ],
        ),
    ],
};

const AND: &[Form] = &[
    form(&[Int2, Int2], Int2, |a| Ok(Value::Int(int(a, 0) & int(a, 1)))),
    form(&[Int4, Int4], Int4, |a| Ok(Value::Int(int(a, 0) & int(a, 1)))),
    form(&[Int8, Int8], Int8, |a| Ok(Value::Int(int(a, 0) & int(a, 1)))),
];
const OR: &[Form] = &[
    form(&[Int2, Int2], Int2, |a| Ok(Value::Int(int(a, 0) | int(a, 1)))),
    form(&[Int4, Int4], Int4, |a| Ok(Value::Int(int(a, 0) | int(a, 1)))),
    form(&[Int8, Int8], Int8, |a| Ok(Value::Int(int(a, 0) | int(a, 1)))),
];
const XOR: &[Form] = &[
    form(&[Int2, Int2], Int2, |a| Ok(Value::Int(int(a, 0) ^ int(a, 1)))),
    form(&[Int4, Int4], Int4, |a| Ok(Value::Int(int(a, 0) ^ int(a, 1)))),
    form(&[Int8, Int8], Int8, |a| Ok(Value::Int(int(a, 0) ^ int(a, 1)))),
];
/// An integer is shifted within its own width, by the count's last bits, as the processor does it for PostgreSQL; a
/// smallint is shifted as an integer and cut.
const LEFT: &[Form] = &[
    form(&[Int2, Int4], Int2, |a| Ok(Value::Int(i64::from(low(wide(a).wrapping_shl(count(a))))))),
    form(&[Int4, Int4], Int4, |a| Ok(Value::Int(i64::from(wide(a).wrapping_shl(count(a)))))),
    form(&[Int8, Int4], Int8, |a| Ok(Value::Int(int(a, 0).wrapping_shl(count(a))))),
];
const RIGHT: &[Form] = &[
    form(&[Int2, Int4], Int2, |a| Ok(Value::Int(i64::from(low(wide(a).wrapping_shr(count(a))))))),
    form(&[Int4, Int4], Int4, |a| Ok(Value::Int(i64::from(wide(a).wrapping_shr(count(a)))))),
    form(&[Int8, Int4], Int8, |a| Ok(Value::Int(int(a, 0).wrapping_shr(count(a))))),
];

#[expect(clippy::cast_possible_truncation, reason = "the form has checked the width")]
fn wide(args: &[Value<'_>]) -> i32 {
    int(args, 0) as i32
}

#[expect(clippy::cast_possible_truncation, reason = "the last bits are what counts")]
fn low(value: i32) -> i16 {
    value as i16
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the last bits are what counts")]
fn count(args: &[Value<'_>]) -> u32 {
    int(args, 1) as u32
}
