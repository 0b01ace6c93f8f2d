//! Owns the order of spots within their columns: such that few lines cross. Must not know: how wide anything is.

use super::layers::Layered;

/// How often the columns are gone through, to the right and back.
const SWEEPS: usize = 12;

/// Orders each column by where the spots that it is linked with stand; the best of some tries stays.
#[must_use]
pub fn order(mut layered: Layered) -> Layered {
    let mut best = (crossings(&layered), layered.columns.clone());
    for sweep in 0..SWEEPS {
        let count = layered.columns.len();
        let to_the_right = sweep % 2 == 0;
        let turn: Vec<usize> =
            if to_the_right { (1..count).collect() } else { (0..count.saturating_sub(1)).rev().collect() };
        for column in turn {
            let beside = if to_the_right { column - 1 } else { column + 1 };
            sort(&mut layered, column, beside);
        }
        let crossed = crossings(&layered);
        if crossed < best.0 {
            best = (crossed, layered.columns.clone());
        }
    }
    layered.columns = best.1;
    layered
}

/// Sorts a column by the mean place of each spot's neighbours in the column beside it.
fn sort(layered: &mut Layered, column: usize, beside: usize) {
    let places = places(layered, beside);
    let mean = |spot: usize, stays: usize| {
        let near = layered.links.iter().filter_map(|(from, to)| match spot {
            _ if *from == spot => places[*to],
            _ if *to == spot => places[*from],
            _ => None,
        });
        let near: Vec<usize> = near.collect();
        #[expect(clippy::cast_precision_loss, reason = "a few places")]
        if near.is_empty() { stays as f64 } else { near.iter().sum::<usize>() as f64 / near.len() as f64 }
    };
    let mut sorted: Vec<(f64, usize)> =
        layered.columns[column].iter().enumerate().map(|(place, spot)| (mean(*spot, place), *spot)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    layered.columns[column] = sorted.into_iter().map(|(_, spot)| spot).collect();
}

/// The place of each spot of a column.
fn places(layered: &Layered, column: usize) -> Vec<Option<usize>> {
    let mut places = vec![None; layered.spots.len()];
    for (place, spot) in layered.columns[column].iter().enumerate() {
        places[*spot] = Some(place);
    }
    places
}

/// How many pairs of lines cross.
fn crossings(layered: &Layered) -> usize {
    let mut crossed = 0;
    for column in 1..layered.columns.len() {
        let (left, right) = (places(layered, column - 1), places(layered, column));
        let between = layered.links.iter().filter_map(|(from, to)| Some((left[*from]?, right[*to]?)));
        let between: Vec<(usize, usize)> = between.collect();
        for (index, a) in between.iter().enumerate() {
            crossed += between[..index].iter().filter(|b| (a.0 < b.0 && a.1 > b.1) || (a.0 > b.0 && a.1 < b.1)).count();
        }
    }
    crossed
}

#[cfg(test)]
mod tests {
    use super::super::layers::layers;
    use super::*;

    #[test]
    fn lines_that_need_not_cross_do_not() {
        // 0 and 1 are read crosswise by 2 and 3, and these by 4 and 5.
        let tangled = layers(&[vec![], vec![], vec![1], vec![0], vec![3], vec![2]]);
        assert!(crossings(&tangled) > 0);
        assert_eq!(crossings(&order(tangled)), 0);
    }

    #[test]
    fn nothing_is_lost_by_ordering() {
        let before = layers(&[vec![], vec![0], vec![0], vec![1, 2], vec![0, 3]]);
        let mut after = order(before.clone());
        after.columns.iter_mut().for_each(|column| column.sort_unstable());
        assert_eq!(after.columns, before.columns);
    }
}
