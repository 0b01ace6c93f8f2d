//! Owns what of expressions the engine's own form of a plan leaves out, and goes beside it: the metadata of their fields, by which
//! types of PostgreSQL are told apart (`pg_type`), and whether a cast may fail. Must not know: functions, nodes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::common::metadata::FieldMetadata;
use datafusion::common::{Result, internal_err};
use datafusion::physical_expr::expressions::{CastExpr, Literal};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};

type Expression = Arc<dyn PhysicalExpr>;

/// What goes beside an expression.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Kept {
    #[prost(btree_map = "string, string", tag = "1")]
    metadata: BTreeMap<String, String>,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(bool, tag = "3")]
    nullable: bool,
    /// Of a cast: does what cannot be cast become NULL?
    #[prost(bool, optional, tag = "4")]
    safe: Option<bool>,
}

impl Kept {
    /// None where nothing would be lost.
    pub fn of(expr: &Expression) -> Result<Option<Self>> {
        if expr.is::<ScalarFunctionExpr>() || expr.is::<Literal>() {
            let field = expr.return_field(&Schema::empty())?;
            return Ok((!field.metadata().is_empty()).then(|| Self::of_field(&field, None)));
        }
        Ok(expr.downcast_ref::<CastExpr>().and_then(|cast| {
            let safe = cast.cast_options().safe;
            (cast.has_explicit_metadata() || safe).then(|| Self::of_field(cast.target_field(), Some(safe)))
        }))
    }

    fn of_field(field: &Field, safe: Option<bool>) -> Self {
        Self {
            metadata: field.metadata().clone().into_iter().collect(),
            name: field.name().clone(),
            nullable: field.is_nullable(),
            safe,
        }
    }

    fn metadata(&self) -> HashMap<String, String> {
        self.metadata.clone().into_iter().collect()
    }

    /// The expression as it was.
    ///
    /// # Errors
    /// For one that loses nothing: a defect.
    pub fn back(self, expr: &Expression) -> Result<Expression> {
        if let Some(call) = expr.downcast_ref::<ScalarFunctionExpr>() {
            let field = Field::new(&self.name, call.return_type().clone(), self.nullable);
            let field = Arc::new(field.with_metadata(self.metadata()));
            let (function, options) = (Arc::new(call.fun().clone()), Arc::new(call.config_options().clone()));
            return Ok(Arc::new(ScalarFunctionExpr::new(call.name(), function, call.args().to_vec(), field, options)));
        }
        if let Some(literal) = expr.downcast_ref::<Literal>() {
            let metadata = FieldMetadata::from(self.metadata());
            return Ok(Arc::new(Literal::new_with_metadata(literal.value().clone(), Some(metadata))));
        }
        if let Some(cast) = expr.downcast_ref::<CastExpr>() {
            let field = Field::new(&self.name, cast.cast_type().clone(), self.nullable);
            let field = Arc::new(field.with_metadata(self.metadata()));
            let mut options = cast.cast_options().clone();
            options.safe = self.safe.unwrap_or_default();
            return Ok(Arc::new(CastExpr::new_with_target_field(cast.expr().clone(), field, Some(options))));
        }
        internal_err!("an expression from which nothing is kept")
    }
}
