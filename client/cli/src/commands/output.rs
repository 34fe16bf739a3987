//! What commands print.

use cloister_cli::table::TextTable;

/// Prints the rows of a table.
pub(super) fn print_table(table: TextTable) {
    for line in table.lines() {
        say!("{line}");
    }
}
