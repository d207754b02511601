//! Setting a paper on A4 pages.

use super::PaperFault;
use super::font::{Fonts, Glyph};
use super::lines::{break_lines, width_of};
use crate::domain::sheet::{Block, Sheet, Table};

/// A4 in points.
pub const PAGE_WIDTH: f32 = 595.28;
pub const PAGE_HEIGHT: f32 = 841.89;
const LEFT: f32 = 79.0;
const RIGHT: f32 = 68.0;
const TOP: f32 = 74.0;
const BOTTOM: f32 = 74.0;
const BODY: f32 = 11.5;
const LEADING: f32 = 1.6;
const CELL_PAD: f32 = 4.0;

/// Something on a page; y grows upward as in PDF.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Text {
        x: f32,
        y: f32,
        size: f32,
        bold: bool,
        glyphs: Vec<Glyph>,
    },
    Rule {
        from: (f32, f32),
        to: (f32, f32),
    },
}

/// A paper on its pages.
#[derive(Clone, Debug, PartialEq)]
pub struct Laid {
    pub title: String,
    pub pages: Vec<Vec<Item>>,
}

impl Laid {
    /// How many pages the paper takes.
    pub fn count(&self) -> i64 {
        i64::try_from(self.pages.len()).unwrap_or(i64::MAX)
    }
}

const WIDTH: f32 = PAGE_WIDTH - LEFT - RIGHT;

/// Sets a sheet.
///
/// # Errors
/// When the fonts cannot be read.
pub fn lay_out(sheet: &Sheet) -> Result<Laid, PaperFault> {
    let mut setter = Setter {
        fonts: Fonts::get()?,
        pages: vec![Vec::new()],
        y: PAGE_HEIGHT - TOP,
    };
    for block in &sheet.blocks {
        setter.block(block);
    }
    Ok(Laid {
        title: sheet.title.clone(),
        pages: setter.pages,
    })
}

struct Style {
    size: f32,
    bold: bool,
    centred: bool,
    /// In units of the type size.
    indent: f32,
    above: f32,
}

struct Setter {
    fonts: &'static Fonts,
    pages: Vec<Vec<Item>>,
    y: f32,
}

impl Setter {
    fn block(&mut self, block: &Block) {
        let plain = Style {
            size: BODY,
            bold: false,
            centred: false,
            indent: 0.0,
            above: 0.0,
        };
        match block {
            Block::Title(text) => self.text(
                text,
                &Style {
                    size: 20.0,
                    bold: true,
                    centred: true,
                    ..plain
                },
            ),
            Block::Centred(text) => self.text(
                text,
                &Style {
                    centred: true,
                    ..plain
                },
            ),
            Block::Heading(text) => self.text(
                text,
                &Style {
                    size: 13.0,
                    bold: true,
                    above: 8.0,
                    ..plain
                },
            ),
            Block::Text(text) => self.text(
                text,
                &Style {
                    indent: 2.0,
                    ..plain
                },
            ),
            Block::Line(text) => self.text(text, &plain),
            Block::Table(table) => self.table(table),
            Block::Gap => self.y -= 36.0,
        }
    }

    fn put(&mut self, item: Item) {
        if let Some(page) = self.pages.last_mut() {
            page.push(item);
        }
    }

    fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.y = PAGE_HEIGHT - TOP;
    }

    /// Begins a page unless so much room is left.
    fn need(&mut self, height: f32) {
        if self.y - height < BOTTOM && self.y < PAGE_HEIGHT - TOP {
            self.turn();
        }
    }

    fn text(&mut self, text: &str, style: &Style) {
        let glyphs = self.fonts.shape(text);
        let lines = break_lines(&glyphs, WIDTH / style.size, style.indent);
        self.y -= style.above;
        for (n, line) in lines.iter().enumerate() {
            let height = style.size * LEADING;
            self.need(height);
            self.y -= height;
            let indent = if n == 0 {
                style.indent * style.size
            } else {
                0.0
            };
            let slack = WIDTH - width_of(line) * style.size;
            let x = if style.centred {
                LEFT + slack.max(0.0) / 2.0
            } else {
                LEFT + indent
            };
            self.put(Item::Text {
                x,
                y: self.y + style.size * 0.4,
                size: style.size,
                bold: style.bold,
                glyphs: line.to_vec(),
            });
        }
    }

    fn table(&mut self, table: &Table) {
        let total: f32 = table.widths.iter().map(|w| f32::from(*w)).sum();
        if total <= 0.0 {
            return;
        }
        let widths: Vec<f32> = table
            .widths
            .iter()
            .map(|w| WIDTH * f32::from(*w) / total)
            .collect();
        self.y -= 4.0;
        if let Some(head) = &table.head {
            self.row(head, &widths, None, true);
        }
        for row in &table.rows {
            self.row(row, &widths, table.head.as_deref(), false);
        }
        self.y -= 6.0;
    }

    /// One row, over as many pages as it takes.
    fn row(&mut self, cells: &[String], widths: &[f32], head: Option<&[String]>, bold: bool) {
        const LINE: f32 = BODY * 1.45;
        let shaped: Vec<Vec<Glyph>> = (0..widths.len())
            .map(|i| {
                let text = cells.get(i).map_or("", String::as_str);
                self.fonts.shape(&text.replace('\n', " "))
            })
            .collect();
        let lines: Vec<Vec<&[Glyph]>> = shaped
            .iter()
            .zip(widths)
            .map(|(glyphs, w)| break_lines(glyphs, (w - 2.0 * CELL_PAD) / BODY, 0.0))
            .collect();
        let all = lines.iter().map(Vec::len).max().unwrap_or(1).max(1);
        let page_lines = fitting(PAGE_HEIGHT - TOP - BOTTOM - 4.0 * LINE, LINE);
        let mut from = 0;
        while from < all {
            let left = all - from;
            let room = fitting(self.y - BOTTOM - 2.0 * CELL_PAD, LINE);
            if room < left.min(page_lines) && self.y < PAGE_HEIGHT - TOP {
                let worth_splitting = left > page_lines && room > 3;
                if !worth_splitting {
                    self.turn();
                    if let Some(head) = head {
                        self.row(head, widths, None, true);
                    }
                }
            }
            let room = fitting(self.y - BOTTOM - 2.0 * CELL_PAD, LINE).max(1);
            let take = left.min(room);
            self.cells(&lines, widths, (from, take), LINE, bold);
            from += take;
        }
    }

    fn cells(
        &mut self,
        lines: &[Vec<&[Glyph]>],
        widths: &[f32],
        (from, take): (usize, usize),
        line: f32,
        bold: bool,
    ) {
        let top = self.y;
        let height = line * as_f32(take) + 2.0 * CELL_PAD;
        let bottom = top - height;
        let mut x = LEFT;
        for (column, width) in lines.iter().zip(widths) {
            for (n, text) in column.iter().skip(from).take(take).enumerate() {
                let y = top - CELL_PAD - line * as_f32(n + 1) + BODY * 0.35;
                self.put(Item::Text {
                    x: x + CELL_PAD,
                    y,
                    size: BODY,
                    bold,
                    glyphs: text.to_vec(),
                });
            }
            self.rule((x, top), (x, bottom));
            x += width;
        }
        self.rule((x, top), (x, bottom));
        self.rule((LEFT, top), (x, top));
        self.rule((LEFT, bottom), (x, bottom));
        self.y = bottom;
    }

    fn rule(&mut self, from: (f32, f32), to: (f32, f32)) {
        self.put(Item::Rule { from, to });
    }
}

fn as_f32(n: usize) -> f32 {
    f32::from(u16::try_from(n).unwrap_or(u16::MAX))
}

/// How many lines go into a height.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn fitting(height: f32, line: f32) -> usize {
    (height / line).floor().clamp(0.0, 1000.0) as usize
}

/// The line at the foot of a page, centred.
///
/// # Errors
/// When the fonts cannot be read.
pub fn footer(text: &str) -> Result<Item, PaperFault> {
    let size = 9.0;
    let glyphs = Fonts::get()?.shape(text);
    let x = (PAGE_WIDTH - width_of(&glyphs) * size) / 2.0;
    Ok(Item::Text {
        x,
        y: 42.0,
        size,
        bold: false,
        glyphs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_margins(laid: &Laid) {
        for item in laid.pages.iter().flatten() {
            if let Item::Text {
                x, y, size, glyphs, ..
            } = item
            {
                let right = x + width_of(glyphs) * size;
                assert!(
                    *x >= LEFT - 0.1 && right <= PAGE_WIDTH - RIGHT + size,
                    "{x} {right}"
                );
                assert!(*y >= BOTTOM - 0.1 && *y <= PAGE_HEIGHT - TOP, "{y}");
            }
        }
    }

    fn text_of(laid: &Laid) -> String {
        laid.pages
            .iter()
            .flatten()
            .filter_map(|i| match i {
                Item::Text { glyphs, .. } => Some(glyphs.iter().map(|g| g.char)),
                Item::Rule { .. } => None,
            })
            .flatten()
            .collect()
    }

    #[test]
    fn a_long_paper_goes_on() {
        let mut sheet = Sheet::new("人民调解记录");
        let text = "双方各自陈述事实与理由，调解员依法释明。".repeat(40);
        for _ in 0..20 {
            sheet.text(&text);
        }
        let laid = lay_out(&sheet).unwrap();
        assert!(laid.count() > 10);
        in_margins(&laid);
        assert_eq!(text_of(&laid).matches("依法释明").count(), 800);
    }

    #[test]
    fn rows_are_carried_over_whole_or_in_parts() {
        let mut sheet = Sheet::new("表");
        let rows = (0..80)
            .map(|n| vec![n.to_string(), "甲".repeat(60)])
            .chain([vec!["长".to_owned(), "乙".repeat(5000)]])
            .collect();
        sheet.table(&[1, 4], &["序号", "内容"], rows);
        let laid = lay_out(&sheet).unwrap();
        in_margins(&laid);
        let text = text_of(&laid);
        assert_eq!(text.matches('甲').count(), 80 * 60);
        assert_eq!(text.matches('乙').count(), 5000);
        assert!(text.matches("序号").count() > 3, "the head is repeated");
    }

    #[test]
    fn an_empty_table_is_no_trouble() {
        let mut sheet = Sheet::new("空");
        sheet.blocks.push(Block::Table(Table::default()));
        sheet.table(&[1, 1], &[], vec![vec![]]);
        assert_eq!(lay_out(&sheet).unwrap().count(), 1);
    }
}
