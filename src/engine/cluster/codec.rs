//! Owns the form of plans that travel: the engine's own, with our nodes, our functions and what expressions would lose.
//! Must not know: who reads it. Only a build of the same version does.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::{DataFusionError, Result, internal_datafusion_err, plan_err};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr_common::physical_expr::proto_decode::PhysicalExprDecodeCtx;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::recursive_query::RecursiveQueryExec;
use datafusion::physical_plan::work_table::WorkTableExec;
use datafusion_distributed::DistributedCodec;
use datafusion_proto::physical_plan::to_proto::serialize_physical_expr_with_converter;
use datafusion_proto::physical_plan::{
    PhysicalExtensionCodec, PhysicalPlanDecodeContext, PhysicalPlanNodeExt, PhysicalProtoConverterExtension,
};
use datafusion_proto::protobuf::physical_expr_node::ExprType;
use datafusion_proto::protobuf::{self, PhysicalExprNode, PhysicalExtensionExprNode, PhysicalPlanNode};
use prost::Message;

use super::super::functions::Identity;
use super::super::unions::InTurn;
use super::super::windows::Pieces;
use super::expressions::Kept;
use super::functions::{self, Functions, Identities};
use super::nodes::{self, Enclosed, WorkTable};

/// What stands before all that is ours. Another version is another form.
const OURS: &[u8] = concat!("rehome ", env!("CARGO_PKG_VERSION"), "\n").as_bytes();
/// The same, of any version.
const ANY_OF_OURS: &[u8] = b"rehome ";

type Plan = Arc<dyn ExecutionPlan>;
type Expression = Arc<dyn PhysicalExpr>;

/// Writes and reads plans.
pub struct Codec {
    functions: Functions,
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Codec")
    }
}

/// A node of ours.
#[derive(Clone, PartialEq, Message)]
struct Node {
    #[prost(oneof = "Form", tags = "1, 2, 3, 4, 5")]
    form: Option<Form>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Form {
    /// A part of a plan.
    #[prost(message, tag = "1")]
    Part(Box<PhysicalPlanNode>),
    #[prost(message, tag = "2")]
    Recursion(Box<Recursion>),
    #[prost(message, tag = "3")]
    WorkTable(Reads),
    /// How many partitions are made of all.
    #[prost(uint64, tag = "4")]
    InTurn(u64),
    #[prost(bool, tag = "5")]
    Pieces(bool),
}

#[derive(Clone, PartialEq, Message)]
struct Recursion {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(bool, tag = "2")]
    is_distinct: bool,
    #[prost(message, optional, tag = "3")]
    schema: Option<protobuf::Schema>,
    #[prost(message, optional, tag = "4")]
    first: Option<PhysicalPlanNode>,
    #[prost(message, optional, tag = "5")]
    next: Option<PhysicalPlanNode>,
}

#[derive(Clone, PartialEq, Message)]
struct Reads {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    table: Option<protobuf::Schema>,
    #[prost(uint64, repeated, tag = "3")]
    columns: Vec<u64>,
}

fn write(message: &impl Message, out: &mut Vec<u8>) {
    out.extend_from_slice(OURS);
    out.extend(message.encode_to_vec());
}

/// None for what is not ours.
fn read<M: Message + Default>(bytes: &[u8]) -> Result<Option<M>> {
    match bytes.strip_prefix(OURS) {
        Some(bytes) => M::decode(bytes).map(Some).map_err(|_| broken()),
        None if bytes.starts_with(ANY_OF_OURS) => plan_err!("a worker has another version of this program"),
        None => Ok(None),
    }
}

fn broken() -> DataFusionError {
    internal_datafusion_err!("a plan has arrived broken")
}

fn written_schema(schema: &Schema) -> Result<Option<protobuf::Schema>> {
    Ok(Some(schema.try_into()?))
}

fn read_schema(schema: Option<&protobuf::Schema>) -> Result<SchemaRef> {
    let schema: Schema = schema.ok_or_else(broken)?.try_into()?;
    Ok(Arc::new(schema))
}

impl Codec {
    pub fn new(identity: &Arc<Identity>) -> Self {
        Self { functions: Functions::new(identity) }
    }

    /// That of a worker, which reads plans that rest on any of these identifiers.
    pub fn of_worker(identities: Arc<Identities>) -> Self {
        Self { functions: Functions::of_worker(identities) }
    }

    fn written(&self, plan: &Plan) -> Result<PhysicalPlanNode> {
        PhysicalPlanNode::try_from_physical_plan_with_converter(plan.clone(), self, self)
    }

    fn plan(&self, node: &PhysicalPlanNode, context: &TaskContext) -> Result<Plan> {
        node.try_into_physical_plan_with_context(&PhysicalPlanDecodeContext::new(context, self), self)
    }

    fn recursion(&self, node: &RecursiveQueryExec) -> Result<Form> {
        Ok(Form::Recursion(Box::new(Recursion {
            name: node.name().to_owned(),
            is_distinct: node.is_distinct(),
            schema: written_schema(&node.schema())?,
            first: Some(self.written(node.static_term())?),
            next: Some(self.written(&nodes::with_work_table(node)?)?),
        })))
    }

    /// What a node of ours is; None for one of others.
    fn form(&self, node: &dyn ExecutionPlan) -> Result<Option<Form>> {
        Ok(Some(if let Some(node) = node.downcast_ref::<nodes::Packed>() {
            Form::Part(Box::new(self.written(node.part())?))
        } else if let Some(node) = node.downcast_ref::<Enclosed>() {
            self.recursion(node.recursion()?)?
        } else if let Some(node) = node.downcast_ref::<WorkTable>() {
            Form::WorkTable(Reads {
                name: node.name.clone(),
                table: written_schema(&node.table)?,
                columns: node.columns.iter().map(|column| *column as u64).collect(),
            })
        } else if let Some(node) = node.downcast_ref::<InTurn>() {
            Form::InTurn(node.at_a_time() as u64)
        } else if node.is::<Pieces>() {
            Form::Pieces(true)
        } else {
            return Ok(None);
        }))
    }

    fn node(&self, form: Form, inputs: &[Plan], context: &TaskContext) -> Result<Plan> {
        let number = |number: u64| usize::try_from(number).map_err(|_| broken());
        Ok(match form {
            Form::Part(part) => self.plan(&part, context)?,
            Form::Recursion(recursion) => {
                let Recursion { name, is_distinct, schema, first, next } = *recursion;
                let (Some(first), Some(next)) = (first, next) else { return Err(broken()) };
                let (first, next) = (self.plan(&first, context)?, self.plan(&next, context)?);
                let schema = read_schema(schema.as_ref())?;
                Arc::new(RecursiveQueryExec::try_new(name, schema, first, next, is_distinct)?)
            }
            Form::WorkTable(Reads { name, table, columns }) => {
                let columns = columns.into_iter().map(number).collect::<Result<_>>()?;
                Arc::new(WorkTableExec::new(name, read_schema(table.as_ref())?, Some(columns))?)
            }
            Form::InTurn(at_a_time) => Arc::new(InTurn::new(only(inputs)?, number(at_a_time)?)),
            Form::Pieces(_) => Arc::new(Pieces::new(only(inputs)?)?),
        })
    }
}

fn only(inputs: &[Plan]) -> Result<Plan> {
    if let [input] = inputs { Ok(input.clone()) } else { Err(broken()) }
}

impl PhysicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Plan],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Plan> {
        match read::<Node>(bytes)? {
            Some(node) => self.node(node.form.ok_or_else(broken)?, inputs, context),
            None => DistributedCodec.try_decode(bytes, inputs, context, converter),
        }
    }

    fn try_encode(&self, node: Plan, out: &mut Vec<u8>, converter: &dyn PhysicalProtoConverterExtension) -> Result<()> {
        match self.form(node.as_ref())? {
            Some(form) => {
                write(&Node { form: Some(form) }, out);
                Ok(())
            }
            None => DistributedCodec.try_encode(node, out, converter),
        }
    }

    fn try_decode_expr(
        &self,
        bytes: &[u8],
        inputs: &[Expression],
        _: &PhysicalExprDecodeCtx<'_>,
    ) -> Result<Expression> {
        match (read::<Kept>(bytes)?, inputs) {
            (Some(kept), [inner]) => kept.back(inner),
            _ => Err(broken()),
        }
    }

    fn try_encode_udf(&self, function: &ScalarUDF, out: &mut Vec<u8>) -> Result<()> {
        self.functions.write_scalar(function, out)
    }

    fn try_decode_udf(&self, name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
        self.functions.read_scalar(name, bytes)
    }

    fn try_encode_udaf(&self, function: &AggregateUDF, out: &mut Vec<u8>) -> Result<()> {
        functions::write_aggregate(function, out)
    }

    fn try_decode_udaf(&self, name: &str, bytes: &[u8]) -> Result<Arc<AggregateUDF>> {
        functions::read_aggregate(name, bytes)
    }

    fn try_encode_udwf(&self, function: &WindowUDF, out: &mut Vec<u8>) -> Result<()> {
        functions::write_window(function, out)
    }

    fn try_decode_udwf(&self, name: &str, _: &[u8]) -> Result<Arc<WindowUDF>> {
        functions::read_window(name)
    }
}

/// Whoever asks, expressions are written and read with this codec: the nodes of others give their own, which knows no function of ours.
impl PhysicalProtoConverterExtension for Codec {
    fn proto_to_execution_plan(
        &self,
        node: &PhysicalPlanNode,
        context: &PhysicalPlanDecodeContext<'_>,
    ) -> Result<Plan> {
        node.try_into_physical_plan_with_context(context, self)
    }

    fn execution_plan_to_proto(&self, plan: &Plan, _: &dyn PhysicalExtensionCodec) -> Result<PhysicalPlanNode> {
        self.written(plan)
    }

    fn proto_to_physical_expr(
        &self,
        node: &PhysicalExprNode,
        schema: &Schema,
        context: &PhysicalPlanDecodeContext<'_>,
    ) -> Result<Expression> {
        let own = PhysicalPlanDecodeContext::new(context.task_ctx(), self);
        let own = match context.scalar_subquery_results() {
            Some(results) => own.with_scalar_subquery_results(results.clone()),
            None => own,
        };
        self.default_proto_to_physical_expr(node, schema, &own)
    }

    fn physical_expr_to_proto(&self, expr: &Expression, _: &dyn PhysicalExtensionCodec) -> Result<PhysicalExprNode> {
        let node = serialize_physical_expr_with_converter(expr, self, self)?;
        let Some(kept) = Kept::of(expr)? else { return Ok(node) };
        let mut bytes = Vec::new();
        write(&kept, &mut bytes);
        let beside = PhysicalExtensionExprNode { expr: bytes, inputs: vec![node] };
        Ok(PhysicalExprNode { expr_id: None, expr_type: Some(ExprType::Extension(beside)) })
    }
}
