//! Tables to be saved: XLSX and CSV. Text from people stays text: no cell is ever a formula.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use unicode_normalization::UnicodeNormalization;

use crate::domain::time::LocalDate;
use crate::error::Error;

/// A value in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Whole(i64),
    /// A number with two decimals, in hundredths.
    Hundredths(i64),
}

/// A table with lines above it.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub name: String,
    pub head: Vec<(String, String)>,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Value>>,
    /// Stands in the file as its date of creation.
    pub made_on: LocalDate,
}

/// What a spreadsheet program might read as the start of a formula.
fn starts_formula(line: &str) -> bool {
    let folded: String = line.nfkc().collect();
    if folded.starts_with(['\t', '\r']) {
        return true;
    }
    let unseen = |c: char| c.is_whitespace() || c.is_control() || is_format(c);
    folded
        .chars()
        .find(|c| !unseen(*c))
        .is_some_and(|c| matches!(c, '=' | '+' | '-' | '@'))
}

/// Invisible marks that some programs skip.
fn is_format(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// Text for a CSV cell: an apostrophe before whatever a spreadsheet program might take for a
/// formula, in the cell or in any line of it. An importer strips it again.
pub fn safe(text: &str) -> String {
    if text.split(['\n', '\r']).any(starts_formula) || starts_formula(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn hundredths(n: i64) -> String {
    let sign = if n < 0 { "-" } else { "" };
    let n = n.unsigned_abs();
    format!("{sign}{}.{:02}", n / 100, n % 100)
}

/// CSV with a byte order mark, every cell quoted.
pub fn csv(sheet: &Sheet) -> Result<Vec<u8>, Error> {
    let mut out = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .flexible(true)
        .from_writer("\u{feff}".as_bytes().to_vec());
    let mut write = |cells: Vec<String>| out.write_record(cells).map_err(Error::internal);
    write(vec![safe(&sheet.name)])?;
    for (name, value) in &sheet.head {
        write(vec![safe(name), safe(value)])?;
    }
    write(sheet.columns.iter().map(|c| safe(c)).collect())?;
    for row in &sheet.rows {
        let cell = |v: &Value| match v {
            Value::Text(t) => safe(t),
            Value::Whole(n) => n.to_string(),
            Value::Hundredths(n) => hundredths(*n),
        };
        write(row.iter().map(cell).collect())?;
    }
    out.into_inner().map_err(|e| Error::internal(e.to_string()))
}

/// An XLSX workbook of one sheet.
pub fn xlsx(sheet: &Sheet) -> Result<Vec<u8>, Error> {
    workbook(sheet).map_err(Error::internal)
}

#[allow(clippy::cast_precision_loss)]
fn workbook(sheet: &Sheet) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let day = sheet.made_on.0;
    let year = u16::try_from(day.year()).unwrap_or(2000);
    let (month, date) = (day.month().unsigned_abs(), day.day().unsigned_abs());
    let made = ExcelDateTime::from_ymd(year, month, date)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let page = book.add_worksheet();
    let bold = Format::new().set_bold();
    let decimals = Format::new().set_num_format("0.00");
    // Excel takes at most 32,767 characters in a cell.
    let text = |t: &str| t.chars().take(32_000).collect::<String>();
    page.write_string_with_format(0, 0, text(&sheet.name), &bold)?;
    let mut line = 1_u32;
    for (name, value) in &sheet.head {
        page.write_string(line, 0, text(name))?;
        page.write_string(line, 1, text(value))?;
        line = line.saturating_add(1);
    }
    line = line.saturating_add(1);
    for (n, name) in (0_u16..).zip(&sheet.columns) {
        page.write_string_with_format(line, n, text(name), &bold)?;
    }
    for row in &sheet.rows {
        line = line.saturating_add(1);
        for (n, value) in (0_u16..).zip(row) {
            match value {
                Value::Text(t) => page.write_string(line, n, text(t))?,
                Value::Whole(v) => page.write_number(line, n, *v as f64)?,
                Value::Hundredths(v) => {
                    page.write_number_with_format(line, n, *v as f64 / 100.0, &decimals)?
                }
            };
        }
    }
    page.set_column_width(0, 28)?;
    page.set_column_width(1, 44)?;
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_might_be_a_formula_is_marked() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            " =1",
            "\u{a0}=1",
            "\t=1",
            "\rx",
            "＝1+1",
            "＋1",
            "－1",
            "＠x",
            "\u{feff}=1",
            "\u{200b}@x",
            "first\n=cmd|' /C calc'!A0",
            "first\r\n  ＝1",
        ] {
            assert_eq!(safe(text), format!("'{text}"), "{text:?}");
        }
        for text in ["凤溪乡", "A=1", "3-4", "", "张三 2026-06-30"] {
            assert_eq!(safe(text), text);
        }
    }

    /// Sixty ways to begin a formula, as names people may have typed.
    fn payloads() -> Vec<String> {
        let heads = [
            "=",
            "+",
            "-",
            "@",
            "\t=",
            "\r=",
            "\n=",
            "＝",
            "＋",
            "－",
            "＠",
            " =",
            "\u{a0}=",
            "甲\n=",
            "\u{200b}=",
        ];
        let tails = [
            "1+1",
            "cmd|' /C calc'!A0",
            "HYPERLINK(\"http://x\")",
            "SUM(1,2)",
        ];
        heads
            .iter()
            .flat_map(|h| tails.iter().map(move |t| format!("{h}{t}")))
            .collect()
    }

    fn hostile() -> Sheet {
        Sheet {
            name: "表".into(),
            head: Vec::new(),
            columns: vec!["=A1".into()],
            rows: payloads()
                .into_iter()
                .map(|p| vec![Value::Text(p), Value::Whole(-3)])
                .collect(),
            made_on: LocalDate::parse("2026-07-01").unwrap(),
        }
    }

    #[test]
    fn a_workbook_has_no_formula() {
        use calamine::{Data, Reader, Xlsx};
        let bytes = xlsx(&hostile()).unwrap();
        let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
        let name = book.sheet_names()[0].clone();
        assert!(
            book.worksheet_formula(&name)
                .unwrap()
                .used_cells()
                .next()
                .is_none()
        );
        let range = book.worksheet_range(&name).unwrap();
        let texts: Vec<String> = range
            .rows()
            .filter_map(|r| match &r[0] {
                Data::String(t) => Some(t.clone()),
                _ => None,
            })
            .collect();
        let kept = payloads()
            .iter()
            .filter(|p| texts.contains(&p.replace('\r', "_x000D_")) || texts.contains(p))
            .count();
        assert!(kept >= 56, "{kept} of 60 payloads came back as text");
    }

    #[test]
    fn a_csv_has_no_formula_and_gives_its_text_back() {
        let bytes = csv(&hostile()).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let rows: Vec<_> = reader.records().map(|r| r.unwrap()).collect();
        let back: Vec<String> = rows
            .iter()
            .skip(2)
            .map(|r| r[0].strip_prefix('\'').unwrap().to_owned())
            .collect();
        assert_eq!(back, payloads());
        assert!(rows.iter().skip(2).all(|r| &r[1] == "-3"));
    }

    #[test]
    fn numbers_keep_their_sign_and_decimals() {
        assert_eq!(hundredths(-5), "-0.05");
        assert_eq!(hundredths(123_456), "1234.56");
    }
}
