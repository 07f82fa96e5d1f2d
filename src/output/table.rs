//! Formats tables as text.

use super::ui::{Ui, safe};

impl Ui {
    /// Prints rows as data for people, with aligned columns.
    pub fn table<C: ToString, const N: usize>(&mut self, rows: impl IntoIterator<Item = [C; N]>) {
        self.lines(aligned(rows));
    }
}

/// Returns rows as lines with aligned columns, two spaces apart; the last column is not padded.
pub fn aligned<C: ToString, const N: usize>(rows: impl IntoIterator<Item = [C; N]>) -> Vec<String> {
    let cells = |row: [C; N]| row.map(|cell| safe(&cell.to_string()).into_owned());
    let rows: Vec<[String; N]> = rows.into_iter().map(cells).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; N]| {
        // The padding of `format!` is limited to 65,535 columns.
        let padded = |(cell, width): (&String, usize)| {
            cell.clone() + &" ".repeat(width - cell.chars().count())
        };
        let cells: Vec<_> = row.iter().zip(widths).map(padded).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_shown() {
        let rows = [["é", "a\nb", "x"], ["long", "c", ""]];
        assert_eq!(aligned(rows), ["é     a\\nb  x", "long  c"]);
    }
}
