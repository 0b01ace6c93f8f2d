//! Owns how our spans become those of OpenTelemetry: a tree of commands, phases, flows and chunks, with names and counts.
//! Must not know: where they go. Steps of single batches are left out: there may be millions.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};
use uuid::Uuid;

use super::message::{self, Code, KeyValue, Sort, Status};
use super::queue::Queue;

/// Gives each span that ends to the queue.
pub struct Spans(pub Queue);

/// Where a span is in its tree.
#[derive(Clone, Copy)]
struct Place {
    trace: [u8; 16],
    span: [u8; 8],
}

/// A span that is open.
struct Open {
    place: Place,
    parent: Option<[u8; 8]>,
    at: SystemTime,
    begun: Instant,
    told: Told,
}

/// What a span says of itself.
#[derive(Default)]
struct Told {
    of: String,
    rows: u64,
    bytes: u64,
    exit_code: Option<u64>,
    others: Vec<KeyValue>,
}

impl Visit for Told {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "rows" => self.rows += value,
            "bytes" => self.bytes += value,
            "exit_code" => self.exit_code = Some(value),
            name => self.others.push(message::int(&format!("rehome.{name}"), value)),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "of" => value.clone_into(&mut self.of),
            name => self.others.push(message::text(&format!("rehome.{name}"), value)),
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// Eight or sixteen bytes that nothing else has.
fn drawn<const BYTES: usize>() -> [u8; BYTES] {
    let mut drawn = [0; BYTES];
    // Of its last eight bytes, all but two bits are random; and no identifier may be all zeros.
    let whole = Uuid::new_v4().into_bytes();
    let from = if BYTES < whole.len() { whole.len() - BYTES } else { 0 };
    drawn.iter_mut().zip(&whole[from..]).for_each(|(byte, random)| *byte = *random);
    drawn
}

/// The nearest of these spans that is told.
fn nearest<'a, S>(mut spans: impl Iterator<Item = SpanRef<'a, S>>) -> Option<Place>
where
    S: Subscriber + for<'l> LookupSpan<'l> + 'a,
{
    spans.find_map(|span| span.extensions().get::<Open>().map(|open| open.place))
}

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id).filter(|span| *span.metadata().level() <= Level::INFO) else { return };
        let above = span.parent().and_then(|parent| nearest(parent.scope()));
        let mut told = Told::default();
        attributes.record(&mut told);
        span.extensions_mut().insert(Open {
            place: Place { trace: above.map_or_else(drawn, |above| above.trace), span: drawn() },
            parent: above.map(|above| above.span),
            at: SystemTime::now(),
            begun: Instant::now(),
            told,
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            values.record(&mut open.told);
        }
    }

    /// A span of a task of its own: said before anything goes on within it.
    fn on_follows_from(&self, id: &Id, from: &Id, context: Context<'_, S>) {
        let (Some(span), Some(from)) = (context.span(id), context.span(from)) else { return };
        let Some(above) = nearest(from.scope()) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>().filter(|open| open.parent.is_none()) {
            open.place.trace = above.trace;
            open.parent = Some(above.span);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        self.0.push(open.ended(span.name()));
    }
}

impl Open {
    fn ended(self, name: &str) -> message::Span {
        let begun = self.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let nanos = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let Told { of, rows, bytes, exit_code, mut others } = self.told;
        let mut attributes = Vec::new();
        let name = match name {
            "command" => of,
            step => {
                attributes.extend(named(step).filter(|_| !of.is_empty()).map(|key| message::text(key, of)));
                step.to_owned()
            }
        };
        attributes.append(&mut others);
        for (key, count) in
            [("rehome.rows", Some(rows)), ("rehome.bytes", Some(bytes)), ("rehome.exit_code", exit_code)]
        {
            let told = count.filter(|count| *count > 0 || key == "rehome.exit_code");
            attributes.extend(told.map(|count| message::int(key, count)));
        }
        let failed = exit_code.filter(|code| *code > 0);
        message::Span {
            trace_id: self.place.trace.to_vec(),
            span_id: self.place.span.to_vec(),
            parent_span_id: self.parent.map(|parent| parent.to_vec()).unwrap_or_default(),
            name,
            kind: Sort::Internal.into(),
            start_time_unix_nano: nanos(begun),
            end_time_unix_nano: nanos(begun + self.begun.elapsed()),
            attributes,
            status: failed.map(|code| Status { message: format!("exit code {code}"), code: Code::Error.into() }),
        }
    }
}

/// What a step is of, as an attribute.
fn named(step: &str) -> Option<&'static str> {
    Some(match step {
        "load.encode" | "load.wait_for_encoder" | "load.send" | "load.wait_for_server" | "load.analyze" => {
            "rehome.table"
        }
        "load.build_index" | "load.validate_key" => "rehome.object",
        "report.check" | "report.query" => "rehome.query",
        step if step.starts_with("extract.") => "rehome.table",
        _ => "rehome.flow",
    })
}
