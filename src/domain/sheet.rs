//! What stands on a paper, before anybody knows how it is set: headings, paragraphs, tables.

/// A paper of the dossier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The title of the file; not printed.
    pub title: String,
    pub blocks: Vec<Block>,
}

/// A part of a paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// The name of the form, large and centred.
    Title(String),
    /// A centred line under the title.
    Centred(String),
    Heading(String),
    /// A paragraph; its first line stands in by two characters.
    Text(String),
    /// A line of its own, not indented.
    Line(String),
    Table(Table),
    /// Half an inch of nothing.
    Gap,
}

/// A ruled table. A row that does not fit on a page is carried over; the head is repeated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Shares of the width, one per column.
    pub widths: Vec<u16>,
    pub head: Option<Vec<String>>,
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    pub fn new(title: impl Into<String>) -> Self {
        let title = title.into();
        Self {
            blocks: vec![Block::Title(title.clone())],
            title,
        }
    }

    pub fn centred(&mut self, text: impl Into<String>) -> &mut Self {
        self.blocks.push(Block::Centred(text.into()));
        self
    }

    pub fn heading(&mut self, text: impl Into<String>) -> &mut Self {
        self.blocks.push(Block::Heading(text.into()));
        self
    }

    /// Every line of the text as a paragraph.
    pub fn text(&mut self, text: impl AsRef<str>) -> &mut Self {
        let lines = text.as_ref().lines().map(str::trim);
        self.blocks.extend(
            lines
                .filter(|l| !l.is_empty())
                .map(|l| Block::Text(l.to_owned())),
        );
        self
    }

    pub fn line(&mut self, text: impl Into<String>) -> &mut Self {
        self.blocks.push(Block::Line(text.into()));
        self
    }

    pub fn gap(&mut self) -> &mut Self {
        self.blocks.push(Block::Gap);
        self
    }

    /// Labels on the left, what was filled in on the right.
    pub fn fields(&mut self, fields: &[(&str, String)]) -> &mut Self {
        let rows = fields
            .iter()
            .map(|(label, value)| vec![(*label).to_owned(), value.clone()])
            .collect();
        self.blocks.push(Block::Table(Table {
            widths: vec![22, 78],
            head: None,
            rows,
        }));
        self
    }

    pub fn table(&mut self, widths: &[u16], head: &[&str], rows: Vec<Vec<String>>) -> &mut Self {
        self.blocks.push(Block::Table(Table {
            widths: widths.to_vec(),
            head: Some(head.iter().map(|h| (*h).to_owned()).collect()),
            rows,
        }));
        self
    }
}
