//! Formats tables as text.

use super::safe;

/// Returns the rows as lines with aligned columns, two spaces apart; the last column is not padded.
pub fn aligned<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let rows: Vec<[String; N]> =
        rows.iter().map(|row| row.each_ref().map(|cell| safe(cell).into_owned())).collect();
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
        let rows = [["é", "a\nb", "x"], ["long", "c", ""]].map(|row| row.map(str::to_owned));
        assert_eq!(aligned(&rows), ["é     a\\nb  x", "long  c"]);
    }
}
