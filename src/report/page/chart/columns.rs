//! Owns upright bars, for rows that follow each other, such as years. Must not know: what they count.

use super::drawing::{Box, Drawing, tenth, width_of};
use super::frame::{Frame, says};
use super::series::Series;
use crate::report::words::grouped;

/// The most rows that stand side by side.
pub const MOST: usize = 30;
/// The widest bar.
const WIDE: f64 = 34.0;

/// Draws each row as a group of bars.
#[must_use]
pub fn draw(series: &Series, title: &str) -> Drawing {
    let mut drawing = Drawing::default();
    let frame = Frame::new(&mut drawing, series, title);
    #[expect(clippy::cast_precision_loss, reason = "a few series")]
    let many = series.columns.len() as f64;
    let width = (frame.slot() * 0.76 / many).min(WIDE);
    for (nth, (name, cells)) in series.columns.iter().enumerate() {
        for (index, number) in cells.iter().enumerate() {
            let Some(number) = number.filter(|number| *number > 0.0) else { continue };
            #[expect(clippy::cast_precision_loss, reason = "a few series")]
            let x = frame.middle(index) + width * (nth as f64 - many / 2.0);
            let top = frame.y(number).min(frame.y(0.0) - 1.0);
            drawing.boxes.push(Box {
                x: tenth(x + 0.5),
                y: tenth(top),
                width: tenth(width - 1.0),
                height: tenth(frame.y(0.0) - top),
                class: format!("s{}", nth + 1),
                says: says(&series.labels[index], name, number),
            });
            let text = grouped(&number.to_string());
            if series.columns.len() == 1 && width_of(&text) <= frame.slot() {
                drawing.words((frame.middle(index), top - 4.0), "middle", "number", text);
            }
        }
    }
    drawing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_on_the_axis_in_proportion_and_within() {
        let columns =
            vec![("a".to_owned(), vec![Some(50.0), Some(100.0), None]), ("b".to_owned(), vec![Some(25.0); 3])];
        let labels = ["2018", "2019", "2020"].map(str::to_owned).to_vec();
        let drawing = draw(&Series { labels, ordered: true, columns }, "t");
        assert_eq!(drawing.boxes.len(), 5, "nothing is drawn where there is no number");
        let foot = drawing.boxes[0].y + drawing.boxes[0].height;
        for found in &drawing.boxes {
            assert!((found.y + found.height - foot).abs() < 0.2, "{found:?}");
            assert!(found.x >= 0.0 && found.x + found.width <= drawing.width && found.y >= 0.0, "{found:?}");
        }
        assert!((drawing.boxes[1].height / drawing.boxes[0].height - 2.0).abs() < 0.02);
        assert!(drawing.boxes[3].x > drawing.boxes[0].x, "series stand beside each other");
        assert_eq!(drawing.boxes[1].says, "2019, a: 100");
    }
}
