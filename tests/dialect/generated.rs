//! Owns expressions that are put together of the listed ones: a column gives way to an expression of its type.
//! Must not know: what they mean.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::lines::{columns, families, replaced};
use crate::sides::Sides;

/// Expressions that are put together in the tests; `REHOME_DIALECT_CASES` asks for more.
const CASES: u32 = 20_000;

/// The same each time, unless `REHOME_SEED` says another.
fn seed() -> u64 {
    std::env::var("REHOME_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_241_128)
}

fn cases() -> u32 {
    std::env::var("REHOME_DIALECT_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES)
}

/// One of two halves, so that two threads work.
fn half(which: u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let sides = runtime.block_on(Sides::new());
    let edges = runtime.block_on(sides.edges());
    let mut listed = Vec::new();
    for expression in families().into_iter().flat_map(|(_, lines)| lines) {
        let kind = runtime.block_on(sides.typed(&expression));
        // Those that name their table, and those that hang on the clock, stay by themselves.
        if !kind.is_empty() && !expression.contains("edges") && kind != "fails" {
            listed.push((expression, kind));
        }
    }
    let seed = seed() + which;
    println!("seed {seed} (REHOME_SEED={})", seed - which);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases: cases() / 2, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let choices = (0..listed.len(), prop::collection::vec((any::<u16>(), any::<u16>()), 0..4), 0..10_i32);
    let tested = runner.run(&choices, |(base, steps, rest)| {
        let mut expression = listed[base].0.clone();
        for (place, with) in steps {
            let found = columns(&expression, |name| edges.contains_key(name));
            let Some((from, to, name)) = found.get(usize::from(place) % found.len().max(1)).cloned() else { break };
            let wanted = edges[&name].0.split('(').next().unwrap_or_default();
            let fitting: Vec<&String> =
                listed.iter().filter(|(_, kind)| kind == wanted).map(|(expression, _)| expression).collect();
            let Some(inner) = fitting.get(usize::from(with) % fitting.len().max(1)) else { break };
            expression = replaced(&expression, &[(from, to, format!("({inner})"))]);
        }
        match runtime.block_on(sides.differs(&expression, rest)) {
            None => Ok(()),
            Some(told) => Err(TestCaseError::fail(told)),
        }
    });
    if let Err(error) = tested {
        panic!("seed {seed}: {error}");
    }
}

#[test]
fn expressions_put_together_have_postgresqls_values_or_are_refused() {
    half(0);
}

#[test]
fn more_expressions_put_together_have_postgresqls_values_or_are_refused() {
    half(1);
}
