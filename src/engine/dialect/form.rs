//! Owns functions that are given as a list of forms: for which types of arguments there is one, which of them a call
//! means, as PostgreSQL decides it, and how the rows go through it.
//! Must not know: what a function computes.

use std::fmt;
use std::hash::{Hash, Hasher};

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

use super::kind::Kind;
use super::value::{Column, Value, column};
use super::{Fault, failed, implicit, input};

/// What a form takes or gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum T {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Numeric,
    Text,
    Json,
    Jsonb,
    Bytes,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    Texts,
    /// A text; of a char(n) with its blanks.
    Raw,
    /// A timestamp that is none of a date.
    Clock,
    /// Anything, as its output function prints it.
    Shown,
    /// Anything, as its cast to text gives it.
    Cast,
    /// A range of the type of this name.
    Range(&'static str),
}

impl T {
    /// The type that it names.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Bool => Kind::Bool,
            Self::Int2 => Kind::Int2,
            Self::Int4 => Kind::Int4,
            Self::Int8 => Kind::Int8,
            Self::Float4 => Kind::Float4,
            Self::Float8 => Kind::Float8,
            Self::Numeric => Kind::Numeric,
            Self::Text | Self::Raw | Self::Shown | Self::Cast => Kind::Text,
            Self::Json => Kind::Json,
            Self::Jsonb => Kind::Jsonb,
            Self::Bytes => Kind::Bytes,
            Self::Date => Kind::Date,
            Self::Time => Kind::Time,
            Self::Timestamp | Self::Clock => Kind::Timestamp,
            Self::TimestampTz => Kind::TimestampTz,
            Self::Interval => Kind::Interval,
            Self::Texts => Kind::List(Box::new(Kind::Text)),
            Self::Range(name) => Kind::Own(name.to_owned()),
        }
    }
}

impl fmt::Display for T {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shown | Self::Cast => f.write_str("any"),
            other => write!(f, "{}", other.kind()),
        }
    }
}

/// What a form computes: of one row's values, one value.
pub type Run = for<'a> fn(&'a [Value<'a>]) -> Result<Value<'a>, Fault>;

/// One form of a function.
#[derive(Clone, Copy)]
pub struct Form {
    pub args: &'static [T],
    /// The last argument may be given any number of times.
    pub variadic: bool,
    pub gives: T,
    /// Is the result NULL where an argument is?
    pub strict: bool,
    /// What to write instead, where PostgreSQL has the form and it is not there.
    pub instead: &'static str,
    pub run: Run,
}

/// A form that gives NULL where an argument is NULL.
pub const fn form(args: &'static [T], gives: T, run: Run) -> Form {
    Form { args, variadic: false, gives, strict: true, instead: "", run }
}

/// A form that PostgreSQL has and that is not there, and what to write instead.
pub const fn refused(args: &'static [T], instead: &'static str) -> Form {
    Form {
        args,
        variadic: false,
        gives: T::Text,
        strict: true,
        instead,
        run: |_| Err(Fault("a form that is not there")),
    }
}

impl Form {
    /// The same, given NULLs as they are.
    pub const fn lax(mut self) -> Self {
        self.strict = false;
        self
    }

    /// The same, with any number of the last argument.
    pub const fn variadic(mut self) -> Self {
        self.variadic = true;
        self
    }

    fn param(&self, at: usize) -> Option<T> {
        self.args.get(at).copied().or_else(|| if self.variadic { self.args.last().copied() } else { None })
    }

    /// How far the arguments are from what the form takes; None if it does not take them.
    fn distance(&self, kinds: &[Kind]) -> Option<u32> {
        let fits = if self.variadic { kinds.len() + 1 >= self.args.len() } else { kinds.len() == self.args.len() };
        if !fits {
            return None;
        }
        let mut total = 0;
        for (at, kind) in kinds.iter().enumerate() {
            total += match self.param(at)? {
                T::Shown | T::Cast => implicit::shown(kind)?,
                T::Clock if *kind == Kind::Date => return None,
                param => implicit::distance(kind, &param.kind())?,
            };
        }
        Some(total)
    }
}

/// A function with its forms.
pub struct Forms {
    name: &'static str,
    forms: &'static [Form],
    signature: Signature,
}

/// The function of a name and its forms.
#[must_use]
pub fn function(name: &'static str, forms: &'static [Form]) -> ScalarUDF {
    let signature = Signature::one_of(vec![TypeSignature::Nullary, TypeSignature::VariadicAny], Volatility::Immutable);
    ScalarUDF::new_from_impl(Forms { name, forms, signature })
}

/// How a function is called, form by form.
#[must_use]
pub fn signatures(name: &str, forms: &[Form]) -> Vec<String> {
    let shown = |form: &Form| {
        let mut args: Vec<String> = form.args.iter().map(ToString::to_string).collect();
        if form.variadic {
            args.push("…".to_owned());
        }
        format!("{name}({}) → {}", args.join(", "), form.gives)
    };
    forms.iter().filter(|form| form.instead.is_empty()).map(shown).collect()
}

impl Forms {
    /// The types of the arguments: a text literal has none yet.
    fn kinds(fields: &[FieldRef], literals: &[Option<&ScalarValue>]) -> Vec<Kind> {
        let one = |(at, field): (usize, &FieldRef)| Kind::of_argument(field, literals.get(at).copied().flatten());
        fields.iter().enumerate().map(one).collect()
    }

    fn choose(&self, kinds: &[Kind]) -> Result<&Form> {
        let candidates = self.forms.iter().filter_map(|form| Some((form.distance(kinds)?, form)));
        match candidates.min_by_key(|(distance, _)| *distance) {
            Some((_, form)) if !form.instead.is_empty() => {
                let given: Vec<String> = kinds.iter().map(ToString::to_string).collect();
                let name = super::operators::symbol(self.name).unwrap_or(self.name);
                plan_err!("PostgreSQL's {name} of {} is not there: write {}", given.join(" and "), form.instead)
            }
            Some((_, form)) => Ok(form),
            None => Err(DataFusionError::Plan(self.refusal(kinds))),
        }
    }

    fn refusal(&self, kinds: &[Kind]) -> String {
        let given: Vec<String> = kinds.iter().map(ToString::to_string).collect();
        let (left, right) = (given.first().cloned().unwrap_or_default(), given.get(1).cloned().unwrap_or_default());
        if let Some(operator) = super::operators::symbol(self.name) {
            let zone =
                if implicit::needs_zone(kinds) { ": write … at time zone '…'" } else { ": cast one of them" };
            return match kinds {
                [_, _] => format!("Cannot apply {operator} to {left} and {right}{zone}"),
                _ => format!("Cannot apply {operator} to {left}"),
            };
        }
        let forms = signatures(self.name, self.forms).join("; ");
        format!("{}({}) is not there: the forms are {forms}", self.name, given.join(", "))
    }
}

impl fmt::Debug for Forms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Forms {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Forms {}

impl Hash for Forms {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Forms {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        internal_err!("the type of {} follows from its arguments", self.name)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let kinds = Self::kinds(args.arg_fields, args.scalar_arguments);
        let form = self.choose(&kinds)?;
        // A quoted text is read now, so that a mistake in it is told before a row moves.
        for (at, (kind, literal)) in kinds.iter().zip(args.scalar_arguments).enumerate() {
            if let (Kind::Unknown, Some(ScalarValue::Utf8(Some(text)))) = (kind, literal) {
                let wanted = form.param(at).map_or(Kind::Text, T::kind);
                input::read(&wanted, text).map_err(|fault| DataFusionError::Plan(fault.0.to_owned()))?;
            }
        }
        let texts: Vec<Option<&str>> =
            args.scalar_arguments.iter().map(|value| value.and_then(|value| value.try_as_str().flatten())).collect();
        super::families::check(self.name, &texts)
            .map_err(|fault| DataFusionError::Plan(format!("{}: {}", self.name, fault.0)))?;
        Ok(form.gives.kind().field(self.name))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let literals: Vec<Option<&ScalarValue>> = args
            .args
            .iter()
            .map(|arg| if let ColumnarValue::Scalar(value) = arg { Some(value) } else { None })
            .collect();
        let kinds = Self::kinds(&args.arg_fields, &literals);
        let form = self.choose(&kinds)?;
        let constant = literals.iter().all(Option::is_some);
        let rows = if constant { 1 } else { args.number_rows };
        let mut columns = Vec::with_capacity(args.args.len());
        for (at, (arg, kind)) in args.args.iter().zip(&kinds).enumerate() {
            let is_constant = matches!(arg, ColumnarValue::Scalar(_));
            let array = arg.to_array(if is_constant { 1 } else { rows })?;
            let Some(param) = form.param(at) else { return internal_err!("an argument more than the form has") };
            // As it is, a char(n) is a text with its blanks.
            let with_blanks = *kind == Kind::Padded && matches!(param, T::Raw | T::Shown);
            let read_as = if with_blanks { &Kind::Text } else { kind };
            columns.push((Column::new(read_as, &array, is_constant)?, kind, param));
        }
        let array = run(form, &columns, rows)?;
        if constant {
            Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?))
        } else {
            Ok(ColumnarValue::Array(array))
        }
    }
}

fn run(form: &Form, columns: &[(Column, &Kind, T)], rows: usize) -> Result<datafusion::arrow::array::ArrayRef> {
    let kinds: Vec<Kind> = columns.iter().map(|(_, _, param)| param.kind()).collect();
    let mut all = Vec::with_capacity(rows * columns.len());
    for row in 0..rows {
        for ((column, kind, param), wanted) in columns.iter().zip(&kinds) {
            let value = column.at(row).and_then(|value| match param {
                T::Shown => implicit::shown_text(value, kind),
                T::Cast => implicit::cast_text(value, kind),
                _ => implicit::convert(value, kind, wanted),
            });
            match value {
                Ok(value) => all.push(value),
                Err(fault) => return failed(fault),
            }
        }
    }
    let mut out = Vec::with_capacity(rows);
    for row in 0..rows {
        let values = &all[row * columns.len()..(row + 1) * columns.len()];
        if form.strict && values.iter().any(Value::is_null) {
            out.push(Value::Null);
            continue;
        }
        match (form.run)(values) {
            Ok(value) => out.push(value),
            Err(fault) => return failed(fault),
        }
    }
    column(&form.gives.kind(), &out)
}
