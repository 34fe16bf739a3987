//! Tables for people: aligned columns without lines, so that `grep` and `cut` still work.

pub use comfy_table::CellAlignment::{self, Left, Right};
use comfy_table::{presets::NOTHING, Table};
use std::fmt::Display;

/// Empty columns between two columns.
const GAP: u16 = 2;

/// Rows of text in aligned columns.
#[derive(Debug)]
pub struct TextTable {
    table: Table,
    alignment: Vec<CellAlignment>,
}

impl TextTable {
    /// TextTable with these alignments.
    pub fn new(alignment: &[CellAlignment]) -> Self {
        let mut table = Table::new();
        table.load_style(NOTHING);
        Self {
            table,
            alignment: alignment.to_vec(),
        }
    }

    /// Names with their values.
    pub fn facts() -> Self {
        Self::new(&[Left, Left])
    }

    /// Adds a row.
    pub fn row<T: Display>(&mut self, cells: impl IntoIterator<Item = T>) -> &mut Self {
        self.table.add_row(cells.into_iter().map(|cell| cell.to_string()));
        self
    }

    /// Adds a name with its value.
    pub fn fact(&mut self, name: &str, value: impl Display) -> &mut Self {
        self.row([name.to_owned(), value.to_string()])
    }

    /// The rows as lines, without blanks at their ends.
    pub fn lines(mut self) -> Vec<String> {
        for (column, alignment) in self.table.column_iter_mut().zip(self.alignment) {
            column.set_padding((0, GAP));
            column.set_cell_alignment(alignment);
        }
        self.table.lines().map(|line| line.trim_end().to_owned()).collect()
    }
}
