//! Owns lines, for what goes up and down over rows that follow each other. Must not know: what they show.

use std::fmt::Write;

use super::drawing::{Dot, Drawing, Path, tenth};
use super::frame::{Frame, says};
use super::series::Series;

/// Draws each series as a line; where a number is missing, the line has a gap.
#[must_use]
pub fn draw(series: &Series, title: &str) -> Drawing {
    let mut drawing = Drawing::default();
    let frame = Frame::new(&mut drawing, series, title);
    for (nth, (name, cells)) in series.columns.iter().enumerate() {
        let class = format!("s{}", nth + 1);
        let mut way = String::new();
        let mut down = false;
        for (index, number) in cells.iter().enumerate() {
            let Some(number) = number else {
                down = false;
                continue;
            };
            let (x, y) = (tenth(frame.middle(index)), tenth(frame.y(*number)));
            let _ = write!(way, "{}{x} {y}", if down { "L" } else { "M" });
            down = true;
            drawing.dots.push(Dot { x, y, class: class.clone(), says: says(&series.labels[index], name, *number) });
        }
        drawing.paths.push(Path { way, class });
    }
    drawing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_number_is_a_gap() {
        let columns = vec![("a".to_owned(), vec![Some(1.0), Some(2.0), None, Some(4.0)])];
        let labels = ["1", "2", "3", "4"].map(str::to_owned).to_vec();
        let drawing = draw(&Series { labels, ordered: true, columns }, "t");
        assert_eq!(drawing.dots.len(), 3);
        assert_eq!(drawing.paths[0].way.matches('M').count(), 2);
        assert_eq!(drawing.paths[0].way.matches('L').count(), 1);
        assert!(drawing.dots[0].y > drawing.dots[2].y, "more is higher");
    }
}
