//! Owns the way from a column of a plan down to the tables that the plan reads.
//! Must not know: what is asked of the columns that are found.
//!
//! A plan is a graph of columns: each column of each node comes from columns of the nodes below. All that can be reached
//! is found by going over each of them once, so that a recursive query, which reads its own rows, ends too.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::{AggregateFunction, Sort as SortExpr, WindowFunction};
use datafusion::logical_expr::utils::grouping_set_to_exprlist;
use datafusion::logical_expr::{
    Aggregate, Distinct, Expr, Join, JoinType, Limit, LogicalPlan, RecursiveQuery, TableScan, Unnest, Window,
};

use super::{Column, Roles, Table};
use crate::outcome::OUTCOME;

/// The function that makes `_row`.
const SOURCE_ROW: &str = "source_row";

/// What a column has to do with the one that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Role {
    Value,
    Whole,
    Decides,
}

/// Of a node: one of its columns, or which rows it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum What {
    Column(usize, Role),
    Rows,
}

type Found = BTreeMap<Column, (Roles, Option<DataType>)>;

/// A walk over one plan.
pub struct Walk<'a> {
    /// Recursive queries by the name under which they read themselves.
    recursive: HashMap<&'a str, Vec<&'a RecursiveQuery>>,
    /// The tables by whose names we came in: what lies below a view of a table is that table's.
    tables: Vec<Table>,
    seen: HashSet<(usize, Option<usize>, What)>,
    open: Vec<(&'a LogicalPlan, Option<usize>, What)>,
    found: Found,
}

/// Where the columns of an expression stand: the node below, in what table.
#[derive(Clone, Copy)]
struct Below<'a> {
    plan: &'a LogicalPlan,
    table: Option<usize>,
}

impl<'a> Walk<'a> {
    pub fn new(plan: &'a LogicalPlan) -> Self {
        let mut recursive: HashMap<&'a str, Vec<&'a RecursiveQuery>> = HashMap::new();
        let mut open = vec![plan];
        while let Some(plan) = open.pop() {
            if let LogicalPlan::RecursiveQuery(query) = plan {
                recursive.entry(&query.name).or_default().push(query);
            }
            open.extend(plan.inputs());
            subqueries(plan, &mut open);
        }
        Self { recursive, tables: Vec::new(), seen: HashSet::new(), open: Vec::new(), found: BTreeMap::new() }
    }

    /// Asks where a column comes from.
    pub fn column(&mut self, plan: &'a LogicalPlan, index: usize) {
        self.go(Below { plan, table: None }, What::Column(index, Role::Value));
    }

    /// Asks what decides which rows there are.
    pub fn rows(&mut self, plan: &'a LogicalPlan) {
        self.go(Below { plan, table: None }, What::Rows);
    }

    /// All that was found.
    pub fn finish(mut self) -> Found {
        while let Some((plan, table, what)) = self.open.pop() {
            match what {
                What::Column(index, role) => self.step_column(Below { plan, table }, index, role),
                What::Rows => self.step_rows(Below { plan, table }),
            }
        }
        self.found
    }

    fn go(&mut self, at: Below<'a>, what: What) {
        if self.seen.insert((std::ptr::from_ref(at.plan) as usize, at.table, what)) {
            self.open.push((at.plan, at.table, what));
        }
    }

    /// The same node's input.
    fn into(&mut self, at: Below<'a>, plan: &'a LogicalPlan, what: What) {
        self.go(Below { plan, ..at }, what);
    }

    fn step_column(&mut self, at: Below<'a>, index: usize, role: Role) {
        let what = What::Column(index, role);
        match at.plan {
            LogicalPlan::Projection(node) => self.exprs(node.expr.get(index), at, &node.input, role),
            LogicalPlan::SubqueryAlias(node) => {
                let table = self.entered(at.table, Table::of(&node.alias));
                self.go(Below { plan: &node.input, table }, what);
            }
            LogicalPlan::Filter(node) => self.into(at, &node.input, what),
            LogicalPlan::Sort(node) => self.into(at, &node.input, what),
            LogicalPlan::Limit(node) => self.into(at, &node.input, what),
            LogicalPlan::Repartition(node) => self.into(at, &node.input, what),
            LogicalPlan::Subquery(node) => self.into(at, &node.subquery, what),
            LogicalPlan::Union(node) => {
                for input in &node.inputs {
                    self.into(at, input, what);
                    self.into(at, input, What::Rows);
                }
            }
            LogicalPlan::RecursiveQuery(node) => self.of_recursive(node, at, index, role),
            LogicalPlan::Join(node) => self.of_join(node, at, index, role),
            LogicalPlan::Aggregate(node) => self.of_aggregate(node, at, index, role),
            LogicalPlan::Window(node) => self.of_window(node, at, index, role),
            LogicalPlan::Unnest(node) => self.of_unnest(node, at, index, role),
            LogicalPlan::Distinct(Distinct::All(input)) => self.into(at, input, what),
            LogicalPlan::Distinct(Distinct::On(node)) => {
                self.exprs(node.select_expr.get(index), at, &node.input, role);
                self.into(at, &node.input, What::Rows);
                self.exprs(&node.on_expr, at, &node.input, Role::Decides);
                self.sorts(node.sort_expr.iter().flatten(), at, &node.input);
            }
            LogicalPlan::TableScan(node) => self.of_scan(node, at, index, role),
            LogicalPlan::Extension(_) => {
                // What a node of somebody else's does nobody knows: each of its columns may come of all below.
                for input in at.plan.inputs() {
                    (0..input.schema().fields().len())
                        .for_each(|index| self.into(at, input, What::Column(index, role)));
                    self.into(at, input, What::Rows);
                }
            }
            _ => {}
        }
    }

    /// What decides which rows a node has, and how often.
    fn step_rows(&mut self, at: Below<'a>) {
        match at.plan {
            LogicalPlan::SubqueryAlias(node) => {
                let table = self.entered(at.table, Table::of(&node.alias));
                return self.go(Below { plan: &node.input, table }, What::Rows);
            }
            LogicalPlan::TableScan(node) => return self.rows_of_scan(node, at),
            LogicalPlan::Filter(node) => self.exprs([&node.predicate], at, &node.input, Role::Decides),
            LogicalPlan::Join(node) => self.conditions(node, at),
            LogicalPlan::Aggregate(node) => self.exprs(&node.group_expr, at, &node.input, Role::Decides),
            LogicalPlan::Sort(node) if node.fetch.is_some() => self.sorts(&node.expr, at, &node.input),
            LogicalPlan::Limit(node) => self.order_below(node, at),
            LogicalPlan::Unnest(node) => {
                let columns =
                    node.exec_columns.iter().filter_map(|column| node.input.schema().maybe_index_of_column(column));
                for index in columns {
                    self.into(at, &node.input, What::Column(index, Role::Decides));
                }
            }
            LogicalPlan::Distinct(Distinct::All(input)) => {
                for index in 0..input.schema().fields().len() {
                    self.into(at, input, What::Column(index, Role::Decides));
                }
            }
            LogicalPlan::Distinct(Distinct::On(node)) => self.exprs(&node.on_expr, at, &node.input, Role::Decides),
            LogicalPlan::RecursiveQuery(node) if node.is_distinct => {
                for index in 0..node.schema.fields().len() {
                    self.go(at, What::Column(index, Role::Decides));
                }
            }
            _ => {}
        }
        for input in at.plan.inputs() {
            self.into(at, input, What::Rows);
        }
    }

    /// The table that one is in below an alias.
    fn entered(&mut self, before: Option<usize>, alias: Option<Table>) -> Option<usize> {
        let Some(table) = alias else { return before };
        Some(self.tables.iter().position(|known| *known == table).unwrap_or_else(|| {
            self.tables.push(table);
            self.tables.len() - 1
        }))
    }

    fn of_scan(&mut self, node: &'a TableScan, at: Below<'a>, index: usize, role: Role) {
        let Some(field) = node.projected_schema.fields().get(index) else { return };
        let table = Table::of(&node.table_name).or_else(|| self.tables.get(at.table?).cloned());
        match table {
            Some(table) => self.note(Column { table, name: field.name().clone() }, role, Some(field.data_type())),
            None => {
                for query in self.own_rows_of(node) {
                    let below = query.schema.fields().iter().position(|known| known.name() == field.name());
                    self.of_recursive(query, at, below.unwrap_or(index), role);
                }
            }
        }
    }

    fn rows_of_scan(&mut self, node: &'a TableScan, at: Below<'a>) {
        let table = Table::of(&node.table_name).or_else(|| self.tables.get(at.table?).cloned());
        if let Some(migrated @ Table::Migrated(_)) = &table {
            // A row is there or not as its flow decided.
            self.note(Column { table: migrated.clone(), name: OUTCOME.to_owned() }, Role::Decides, None);
        }
        for column in node.filters.iter().flat_map(|filter| filter.column_refs()) {
            if let Some(table) = table.clone() {
                self.note(Column { table, name: column.name.clone() }, Role::Decides, None);
            }
        }
        for query in self.own_rows_of(node) {
            self.into(at, &query.static_term, What::Rows);
            self.into(at, &query.recursive_term, What::Rows);
        }
    }

    /// The recursive queries that a scan without a schema reads the rows of.
    fn own_rows_of(&self, node: &TableScan) -> Vec<&'a RecursiveQuery> {
        let bare = node.table_name.schema().is_none();
        self.recursive.get(node.table_name.table()).filter(|_| bare).cloned().unwrap_or_default()
    }

    fn of_recursive(&mut self, node: &'a RecursiveQuery, at: Below<'a>, index: usize, role: Role) {
        for term in [&node.static_term, &node.recursive_term] {
            self.into(at, term, What::Column(index, role));
            self.into(at, term, What::Rows);
        }
    }

    fn of_join(&mut self, node: &'a Join, at: Below<'a>, index: usize, role: Role) {
        use JoinType::{Full, Inner, Left, LeftAnti, LeftMark, LeftSemi, Right, RightAnti, RightMark, RightSemi};
        let left = node.left.schema().fields().len();
        let right = node.right.schema().fields().len();
        let (side, index, kept) = match node.join_type {
            LeftSemi | LeftAnti => (Some(&node.left), index, true),
            RightSemi | RightAnti => (Some(&node.right), index, true),
            LeftMark => ((index < left).then_some(&node.left), index, index < left),
            RightMark => ((index < right).then_some(&node.right), index, index < right),
            Inner | Full => (Some(if index < left { &node.left } else { &node.right }), index, false),
            Left | Right => {
                let of_left = index < left;
                (Some(if of_left { &node.left } else { &node.right }), index, of_left == (node.join_type == Left))
            }
        };
        // Of a side all of whose rows stay, no value depends on what is found on the other one.
        if !kept {
            self.conditions(node, at);
            let sides = match node.join_type {
                Left => vec![&node.right],
                Right => vec![&node.left],
                _ => vec![&node.left, &node.right],
            };
            for side in sides {
                self.into(at, side, What::Rows);
            }
        }
        if let Some(side) = side {
            let two = matches!(node.join_type, Inner | Full | Left | Right);
            let index = if two && index >= left { index - left } else { index };
            self.into(at, side, What::Column(index, role));
        }
    }

    /// What a join compares.
    fn conditions(&mut self, node: &'a Join, at: Below<'a>) {
        let both = node.on.iter().flat_map(|(one, other)| [one, other]).chain(&node.filter);
        for expr in both {
            for side in [&node.left, &node.right] {
                self.exprs([expr], at, side, Role::Decides);
            }
        }
    }

    fn of_aggregate(&mut self, node: &'a Aggregate, at: Below<'a>, index: usize, role: Role) {
        let groups = node.group_expr_len().unwrap_or(node.group_expr.len());
        let sets = matches!(node.group_expr.first(), Some(Expr::GroupingSet(_)));
        if index < groups {
            let all = grouping_set_to_exprlist(&node.group_expr).unwrap_or_default();
            match all.get(index) {
                Some(one) => self.exprs([*one], at, &node.input, role),
                None => self.exprs(&node.group_expr, at, &node.input, role),
            }
            if !sets {
                return;
            }
        }
        self.exprs(index.checked_sub(groups).and_then(|index| node.aggr_expr.get(index)), at, &node.input, role);
        self.exprs(&node.group_expr, at, &node.input, Role::Decides);
        self.into(at, &node.input, What::Rows);
    }

    fn of_window(&mut self, node: &'a Window, at: Below<'a>, index: usize, role: Role) {
        let before = node.input.schema().fields().len();
        if index < before {
            return self.into(at, &node.input, What::Column(index, role));
        }
        self.exprs(node.window_expr.get(index - before), at, &node.input, role);
        self.into(at, &node.input, What::Rows);
    }

    fn of_unnest(&mut self, node: &'a Unnest, at: Below<'a>, index: usize, role: Role) {
        if let Some(below) = node.dependency_indices.get(index) {
            self.into(at, &node.input, What::Column(*below, role));
        }
    }

    /// A limit keeps the first rows of an order.
    fn order_below(&mut self, node: &'a Limit, at: Below<'a>) {
        let mut below = Below { plan: &node.input, ..at };
        loop {
            below.plan = match below.plan {
                LogicalPlan::Sort(node) => return self.sorts(&node.expr, below, &node.input),
                LogicalPlan::Projection(node) => &node.input,
                LogicalPlan::Filter(node) => &node.input,
                LogicalPlan::SubqueryAlias(node) => {
                    below.table = self.entered(below.table, Table::of(&node.alias));
                    &node.input
                }
                _ => return,
            };
        }
    }

    fn sorts(&mut self, sorts: impl IntoIterator<Item = &'a SortExpr>, at: Below<'a>, input: &'a LogicalPlan) {
        self.exprs(sorts.into_iter().map(|sort| &sort.expr), at, input, Role::Decides);
    }

    /// Expressions over the columns of an input.
    fn exprs(&mut self, exprs: impl IntoIterator<Item = &'a Expr>, at: Below<'a>, input: &'a LogicalPlan, role: Role) {
        let below = Below { plan: input, ..at };
        exprs.into_iter().for_each(|expr| self.expr(expr, below, role));
    }

    fn expr(&mut self, expr: &'a Expr, below: Below<'a>, role: Role) {
        let decides = Role::Decides;
        match expr {
            Expr::Column(column) => {
                if let Some(index) = below.plan.schema().maybe_index_of_column(column) {
                    self.go(below, What::Column(index, role));
                }
            }
            Expr::Case(case) => {
                case.expr.iter().for_each(|operand| self.expr(operand, below, decides));
                for (when, then) in &case.when_then_expr {
                    self.expr(when, below, decides);
                    self.expr(then, below, role);
                }
                case.else_expr.iter().for_each(|other| self.expr(other, below, role));
            }
            Expr::ScalarFunction(call) => {
                let role = if call.name() == SOURCE_ROW && role == Role::Value { Role::Whole } else { role };
                call.args.iter().for_each(|arg| self.expr(arg, below, role));
            }
            Expr::AggregateFunction(AggregateFunction { params, .. }) => {
                params.args.iter().for_each(|arg| self.expr(arg, below, role));
                params.filter.iter().for_each(|filter| self.expr(filter, below, decides));
                params.order_by.iter().for_each(|sort| self.expr(&sort.expr, below, decides));
            }
            Expr::WindowFunction(window) => {
                let WindowFunction { params, .. } = window.as_ref();
                params.args.iter().for_each(|arg| self.expr(arg, below, role));
                params.filter.iter().for_each(|filter| self.expr(filter, below, decides));
                params.partition_by.iter().for_each(|part| self.expr(part, below, decides));
                params.order_by.iter().for_each(|sort| self.expr(&sort.expr, below, decides));
            }
            Expr::ScalarSubquery(query) => {
                self.go(Below { plan: &query.subquery, ..below }, What::Column(0, role));
                self.subquery(&query.subquery, below);
            }
            Expr::Exists(exists) => self.subquery(&exists.subquery.subquery, below),
            Expr::InSubquery(test) => {
                self.expr(&test.expr, below, role);
                self.go(Below { plan: &test.subquery.subquery, ..below }, What::Column(0, decides));
                self.subquery(&test.subquery.subquery, below);
            }
            Expr::SetComparison(test) => {
                self.expr(&test.expr, below, role);
                self.go(Below { plan: &test.subquery.subquery, ..below }, What::Column(0, decides));
                self.subquery(&test.subquery.subquery, below);
            }
            _ => {
                let mut children = Vec::new();
                // Never fails: the children are only listed.
                let _ = expr.apply_children(|child| {
                    children.push(child);
                    Ok(TreeNodeRecursion::Continue)
                });
                for child in children {
                    self.expr(child, below, role);
                }
            }
        }
    }

    /// A subquery whose rows decide: with the columns of the query around it that it mentions.
    fn subquery(&mut self, plan: &'a LogicalPlan, around: Below<'a>) {
        self.go(Below { plan, ..around }, What::Rows);
        for column in outer_columns(plan) {
            if let Some(index) = around.plan.schema().maybe_index_of_column(&column) {
                self.go(around, What::Column(index, Role::Decides));
            }
        }
    }

    fn note(&mut self, column: Column, role: Role, kind: Option<&DataType>) {
        let (roles, known) = self.found.entry(column).or_default();
        match role {
            Role::Value => roles.value = true,
            Role::Whole => roles.whole = true,
            Role::Decides => roles.decides = true,
        }
        if known.is_none() {
            *known = kind.cloned();
        }
    }
}

/// The columns of the query around it that a subquery mentions.
fn outer_columns(plan: &LogicalPlan) -> BTreeSet<datafusion::common::Column> {
    let mut found = BTreeSet::new();
    let _ = plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                if let Expr::OuterReferenceColumn(_, column) = expr {
                    found.insert(column.clone());
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    found
}

/// The plans of the subqueries that stand in a node's own expressions.
fn subqueries<'a>(plan: &'a LogicalPlan, into: &mut Vec<&'a LogicalPlan>) {
    let exprs: Vec<&'a Expr> = match plan {
        LogicalPlan::Projection(node) => node.expr.iter().collect(),
        LogicalPlan::Filter(node) => vec![&node.predicate],
        LogicalPlan::Join(node) => node.filter.iter().collect(),
        LogicalPlan::Aggregate(node) => node.group_expr.iter().chain(&node.aggr_expr).collect(),
        LogicalPlan::Window(node) => node.window_expr.iter().collect(),
        _ => Vec::new(),
    };
    for expr in exprs {
        let _ = expr.apply(|expr| {
            match expr {
                Expr::ScalarSubquery(query) => into.push(&query.subquery),
                Expr::Exists(test) => into.push(&test.subquery.subquery),
                Expr::InSubquery(test) => into.push(&test.subquery.subquery),
                Expr::SetComparison(test) => into.push(&test.subquery.subquery),
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        });
    }
}
