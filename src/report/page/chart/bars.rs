//! Owns lying bars, for rows with names: the name above, the number at the end. Must not know: what they count.

use super::drawing::{Box, Drawing, fitting, tenth, width_of};
use super::frame::says;
use super::series::Series;
use crate::report::words::grouped;

const WIDTH: f64 = 360.0;
/// The height of a name, of a bar, and of the space below a row.
const NAME: f64 = 15.0;
const BAR: f64 = 11.0;
const BELOW: f64 = 7.0;
/// What is there is seen, however small.
const SLIVER: f64 = 1.5;

/// The most rows that are drawn, by how many series there are.
#[must_use]
pub fn most(series: usize) -> usize {
    match series {
        1 => 12,
        2 => 10,
        _ => 7,
    }
}

/// Draws each row as bars below its name.
#[must_use]
pub fn draw(series: &Series, title: &str) -> Drawing {
    let number = |number: f64| grouped(&number.to_string());
    let all = series.columns.iter().flat_map(|(_, cells)| cells).flatten();
    let room = all.map(|found| width_of(&number(*found))).fold(0.0, f64::max) + 8.0;
    let most = if series.most() > 0.0 { series.most() } else { 1.0 };
    let mut drawing = Drawing { width: WIDTH, about: title.to_owned(), ..Drawing::default() };
    let mut y = 0.0;
    for (index, label) in series.labels.iter().enumerate() {
        drawing.words((0.0, y + 11.0), "start", "name", fitting(label, WIDTH));
        y += NAME;
        for (nth, (name, cells)) in series.columns.iter().enumerate() {
            if let Some(found) = cells[index] {
                let width = (found.max(0.0) / most * (WIDTH - room)).max(if found > 0.0 { SLIVER } else { 0.0 });
                drawing.boxes.push(Box {
                    x: 0.0,
                    y: tenth(y + 1.0),
                    width: tenth(width),
                    height: BAR - 2.0,
                    class: format!("s{}", nth + 1),
                    says: says(label, name, found),
                });
                drawing.words((width + 5.0, y + 9.3), "start", "number", number(found));
            }
            y += BAR;
        }
        y += BELOW;
    }
    drawing.height = tenth((y - BELOW).max(1.0));
    drawing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_numbers_stay_within() {
        let columns =
            vec![("a".to_owned(), vec![Some(2_086_573.0), Some(1.0)]), ("b".to_owned(), vec![Some(0.0), None])];
        let labels = vec!["x".repeat(200), "y".to_owned()];
        let drawing = draw(&Series { labels, ordered: false, columns }, "t");
        for words in &drawing.words {
            assert!(words.x + width_of(&words.text) <= drawing.width, "{words:?}");
            assert!(words.y <= drawing.height, "{words:?}");
        }
        assert_eq!(drawing.boxes.len(), 3);
        assert!(drawing.boxes[2].width < drawing.boxes[0].width && drawing.boxes[2].width >= SLIVER);
        assert!(drawing.boxes[1].width < 0.1, "nothing is nothing");
    }
}
