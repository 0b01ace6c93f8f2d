//! Owns the reading of an expression: the language it describes, and the tree along which a match is divided.
//! Must not know: how a text is walked through.
//!
//! PostgreSQL looks for the whole match first, as a language knows it, and then divides it among the parts of the
//! expression that hold something (groups, back references) or that prefer more or less than their neighbours. Which
//! parts become nodes of the tree decides what groups hold, so the tree here has the nodes that PostgreSQL's has.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::text::ctype::Ranges;
use super::flags::Flags;
use super::lex::{At, Bounds, Lexer, Token};
use super::{Bad, sets};

/// How deep groups may be nested.
const DEEPEST: usize = 120;

/// What texts a part of an expression describes.
pub enum Lang {
    Empty,
    Set(usize),
    At(At),
    Look(usize),
    Cat(Vec<Arc<Lang>>),
    Or(Vec<Arc<Lang>>),
    Repeat(Arc<Lang>, u32, Option<u32>),
    /// What a group describes, where no constraint counts.
    Loose(Arc<Lang>),
}

/// Prefers more, prefers less, has parts that differ in that, has groups, has back references.
const MORE: u8 = 1;
const LESS: u8 = 2;
const MIXED: u8 = 4;
const GROUP: u8 = 8;
const BACK: u8 = 16;

/// What a part hands up to the part around it.
fn up(flags: u8) -> u8 {
    let mixed = if flags & MORE != 0 && flags & LESS != 0 { MIXED } else { 0 };
    flags & (MIXED | GROUP | BACK) | mixed
}

fn messy(flags: u8) -> bool {
    flags & (MIXED | GROUP | BACK) != 0
}

fn preference(flags: u8) -> u8 {
    flags & (MORE | LESS)
}

/// Two parts after one another: the first preference counts.
fn combine(one: u8, other: u8) -> u8 {
    let prefers = if preference(one) == 0 { preference(other) } else { preference(one) };
    up(one | other) | prefers
}

/// How a match of a node is divided.
pub enum Kind {
    Leaf,
    Cat(Box<(Node, Node)>),
    Or(Vec<Node>),
    Iter(Box<Node>, u32, Option<u32>),
    Back { group: usize, least: u32, most: Option<u32> },
    Wrap(Box<Node>),
}

/// A part of an expression in the tree.
pub struct Node {
    pub kind: Kind,
    flags: u8,
    /// The group that holds what it matches; 0 is none.
    pub group: usize,
    pub lang: Arc<Lang>,
    /// Which machine walks through its language.
    pub machine: usize,
}

impl Node {
    fn new(kind: Kind, flags: u8, lang: Arc<Lang>) -> Self {
        Self { kind, flags, group: 0, lang, machine: 0 }
    }

    /// Does it prefer less?
    pub fn is_shy(&self) -> bool {
        self.flags & LESS != 0
    }

    fn children(&mut self) -> Vec<&mut Node> {
        match &mut self.kind {
            Kind::Leaf | Kind::Back { .. } => Vec::new(),
            Kind::Cat(pair) => vec![&mut pair.0, &mut pair.1],
            Kind::Or(branches) => branches.iter_mut().collect(),
            Kind::Iter(child, ..) | Kind::Wrap(child) => vec![child],
        }
    }

    /// Gives each node its machine; languages are listed in the order of machines.
    pub fn number(&mut self, langs: &mut Vec<Arc<Lang>>) {
        self.machine = langs.len();
        langs.push(Arc::clone(&self.lang));
        for child in self.children() {
            child.number(langs);
        }
    }

    /// Leaves out the groups that nobody asks for: only those stay that back references name.
    pub fn forget_groups(&mut self, named: &[usize]) {
        if !named.contains(&self.group) {
            self.group = 0;
            self.flags &= !GROUP;
        }
        let mut flags = 0;
        for child in self.children() {
            child.forget_groups(named);
            flags |= child.flags & GROUP;
        }
        self.flags |= flags;
        if self.flags & (GROUP | BACK) == 0 {
            self.kind = Kind::Leaf;
            self.flags &= !MIXED;
        }
    }
}

/// A constraint that looks ahead or behind.
pub struct Look {
    pub ahead: bool,
    pub negated: bool,
    pub lang: Arc<Lang>,
}

/// An expression that was read.
pub struct Parsed {
    pub root: Node,
    /// The tree where only back references ask for groups, if it differs in what it can match.
    pub bare: Option<Node>,
    pub groups: usize,
    pub sets: Vec<Ranges>,
    pub looks: Vec<Look>,
}

/// Reads an expression.
pub fn parse(pattern: &str, flags: Flags) -> Result<Parsed, Bad> {
    let mut parser = Parser::new(pattern, flags)?;
    let root = parser.branches(false, false)?;
    if parser.token != Token::End {
        return Err(Bad::Syntax);
    }
    let bare = if parser.named.is_empty() {
        None
    } else {
        let mut again = Parser::new(pattern, flags)?;
        let mut bare = again.branches(false, false)?;
        bare.forget_groups(&again.named);
        // Both readings number their sets and their constraints alike.
        Some(bare)
    };
    Ok(Parsed { root, bare, groups: parser.groups, sets: parser.sets, looks: parser.looks })
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    flags: Flags,
    token: Token,
    /// Groups opened so far.
    groups: usize,
    /// The languages of groups that are closed.
    closed: HashMap<usize, Arc<Lang>>,
    /// Groups that back references name.
    named: Vec<usize>,
    sets: Vec<Ranges>,
    known: HashMap<Ranges, usize>,
    looks: Vec<Look>,
    depth: usize,
}

/// An atom before its quantifier.
struct Atom {
    lang: Arc<Lang>,
    node: Option<Node>,
    holds: bool,
    /// The group that it refers back to.
    back: Option<usize>,
}

impl Atom {
    fn plain(lang: Lang) -> Self {
        Self { lang: Arc::new(lang), node: None, holds: false, back: None }
    }
}

impl<'a> Parser<'a> {
    fn new(pattern: &'a str, flags: Flags) -> Result<Self, Bad> {
        let mut parser = Self {
            lexer: Lexer::new(pattern, flags),
            flags,
            token: Token::End,
            groups: 0,
            closed: HashMap::new(),
            named: Vec::new(),
            sets: Vec::new(),
            known: HashMap::new(),
            looks: Vec::new(),
            depth: 0,
        };
        parser.advance()?;
        Ok(parser)
    }

    fn advance(&mut self) -> Result<(), Bad> {
        self.token = self.lexer.next(self.groups)?;
        Ok(())
    }

    fn set(&mut self, set: Ranges) -> Lang {
        let next = self.sets.len();
        let number = *self.known.entry(set).or_insert_with_key(|set| {
            self.sets.push(set.clone());
            next
        });
        Lang::Set(number)
    }

    /// Branches with `|` between them, up to the end or to a closing parenthesis.
    fn branches(&mut self, inside: bool, looks: bool) -> Result<Node, Bad> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Bad::Unsupported("an expression that is nested this deep"));
        }
        let mut branches = vec![self.branch(looks)?];
        while self.token == Token::Or {
            self.advance()?;
            branches.push(self.branch(looks)?);
        }
        self.depth -= 1;
        if self.token != if inside { Token::Close } else { Token::End } {
            return Err(Bad::Syntax);
        }
        if branches.len() == 1
            && let Some(only) = branches.pop()
        {
            return Ok(only);
        }
        let flags = branches.iter().fold(MORE, |flags, branch| flags | up(flags | branch.flags));
        let lang = Arc::new(Lang::Or(branches.iter().map(|branch| Arc::clone(&branch.lang)).collect()));
        Ok(Node::new(if messy(flags) { Kind::Or(branches) } else { Kind::Leaf }, flags, lang))
    }

    fn ends(&self) -> bool {
        matches!(self.token, Token::Or | Token::End | Token::Close)
    }

    /// Atoms after one another. What holds nothing is collected; the first atom that does divides the branch.
    fn branch(&mut self, looks: bool) -> Result<Node, Bad> {
        let mut before: Vec<Arc<Lang>> = Vec::new();
        let mut flags = 0;
        while !self.ends() {
            let Some(atom) = self.atom(looks, &mut before)? else { continue };
            let bounds = self.bounds()?;
            if bounds.most == Some(0) {
                before.push(Arc::new(Lang::Empty));
                continue;
            }
            let prefers = bounds.greedy.map_or(0, |greedy| if greedy { MORE } else { LESS });
            let all = flags | prefers | atom.node.as_ref().map_or(0, |node| node.flags);
            if !atom.holds && atom.back.is_none() && !messy(up(all)) {
                before.push(repeated(atom.lang, bounds));
                flags = all;
                continue;
            }
            return self.divided(before, flags, atom, bounds, prefers, looks);
        }
        Ok(Node::new(Kind::Leaf, flags, cat(before)))
    }

    /// A branch of what stands before an atom, the atom, and the rest.
    fn divided(
        &mut self,
        before: Vec<Arc<Lang>>,
        before_flags: u8,
        atom: Atom,
        bounds: Bounds,
        prefers: u8,
        looks: bool,
    ) -> Result<Node, Bad> {
        let atom = Self::quantified(atom, bounds, prefers);
        let (atom, tail_flags) = (atom.0, combine(prefers, atom.1));
        let first = (!before.is_empty()).then(|| Node::new(Kind::Leaf, before_flags, cat(before)));
        if self.ends() {
            let flags = before_flags | combine(before_flags, atom.flags);
            return Ok(match first {
                None => atom,
                Some(first) => pair(first, atom, flags),
            });
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Bad::Unsupported("an expression with this many parts"));
        }
        let rest = self.branch(looks)?;
        self.depth -= 1;
        let tail_flags = tail_flags | combine(tail_flags, rest.flags);
        let flags = before_flags | combine(before_flags, tail_flags);
        let Some(first) = first else { return Ok(pair(atom, rest, flags)) };
        let simple = matches!((&atom.kind, &rest.kind), (Kind::Leaf, Kind::Leaf))
            && atom.group == 0
            && rest.group == 0
            && !messy(up(atom.flags | rest.flags));
        let (atom_flags, rest_flags) = (atom.flags, rest.flags);
        let mut tail = pair(atom, rest, tail_flags);
        if simple {
            tail.kind = Kind::Leaf;
            tail.flags = combine(atom_flags, rest_flags);
        }
        Ok(pair(first, tail, flags))
    }

    /// The node of an atom with its quantifier, and the flags of the atom alone.
    fn quantified(atom: Atom, bounds: Bounds, prefers: u8) -> (Node, u8) {
        let Bounds { least, most, .. } = bounds;
        if let Some(group) = atom.back {
            let lang = repeated(atom.lang, bounds);
            let flags = BACK | combine(prefers, BACK);
            return (Node::new(Kind::Back { group, least, most }, flags, lang), BACK);
        }
        let lang = Arc::clone(&atom.lang);
        let node = atom.node.unwrap_or_else(|| Node::new(Kind::Leaf, 0, atom.lang));
        let own = node.flags;
        let same = prefers == 0 || own & (MORE | LESS | MIXED) == 0 || prefers == own & (MORE | LESS | MIXED);
        let flags = combine(prefers, own);
        let all = repeated(Arc::clone(&lang), bounds);
        let node = if least == 1 && most == Some(1) && same {
            node
        } else if own & (GROUP | BACK) == 0 {
            Node::new(Kind::Leaf, flags, all)
        } else if least > 0 && own & BACK == 0 {
            // What a group holds is from the last repetition: those before it are one plain part.
            let fewer = Bounds { least: least - 1, most: most.map(|most| most - 1), greedy: bounds.greedy };
            let before = Node::new(Kind::Leaf, preference(flags), repeated(lang, fewer));
            pair(before, node, flags)
        } else {
            Node::new(Kind::Iter(Box::new(node), least, most), flags, all)
        };
        (node, own)
    }

    fn bounds(&mut self) -> Result<Bounds, Bad> {
        if let Token::Repeat(bounds) = self.token {
            self.advance()?;
            return Ok(bounds);
        }
        Ok(Bounds { least: 1, most: Some(1), greedy: None })
    }

    /// Reads an atom. A constraint takes no quantifier: it goes to what was collected.
    fn atom(&mut self, looks: bool, before: &mut Vec<Arc<Lang>>) -> Result<Option<Atom>, Bad> {
        let case = self.flags.ignore_case;
        let lang = match self.token {
            Token::At(at) => {
                before.push(Arc::new(Lang::At(at)));
                self.advance()?;
                return Ok(None);
            }
            Token::Look { ahead, negated } => {
                self.advance()?;
                let lang = self.branches(true, true)?.lang;
                before.push(Arc::new(Lang::Look(self.looks.len())));
                self.looks.push(Look { ahead, negated, lang });
                self.advance()?;
                return Ok(None);
            }
            Token::Open { holds } => return self.group(holds && !looks, looks).map(Some),
            Token::Back(group) => return self.back(group, looks).map(Some),
            Token::Char(code) => self.set(sets::one(code, case)),
            Token::Any => {
                let newline: &[(u32, u32)] = if self.flags.dot_stops { &[(10, 10)] } else { &[] };
                self.set(super::super::text::ctype::complement(newline))
            }
            Token::Class(class) => self.set(sets::class(class, case)),
            Token::NotClass(class) => self.set(super::super::text::ctype::complement(&sets::class(class, case))),
            Token::Bracket { negated } => {
                let set = sets::bracket(&mut self.lexer, negated, case, self.flags.dot_stops)?;
                self.set(set)
            }
            Token::Repeat(_) | Token::Close | Token::Or | Token::End => return Err(Bad::Syntax),
        };
        self.advance()?;
        Ok(Some(Atom::plain(lang)))
    }

    fn group(&mut self, holds: bool, looks: bool) -> Result<Atom, Bad> {
        self.groups += usize::from(holds);
        let number = self.groups;
        self.advance()?;
        let mut node = self.branches(true, looks)?;
        self.advance()?;
        let lang = Arc::clone(&node.lang);
        if holds {
            if node.group != 0 {
                let flags = node.flags;
                node = Node::new(Kind::Wrap(Box::new(node)), flags, Arc::clone(&lang));
            }
            node.flags |= GROUP;
            node.group = number;
            self.closed.insert(number, Arc::clone(&lang));
        }
        Ok(Atom { lang, node: Some(node), holds, back: None })
    }

    fn back(&mut self, group: usize, looks: bool) -> Result<Atom, Bad> {
        let lang = self.closed.get(&group).filter(|_| !looks).ok_or(Bad::Syntax)?;
        let lang = Arc::new(Lang::Loose(Arc::clone(lang)));
        self.named.push(group);
        self.advance()?;
        Ok(Atom { lang, node: None, holds: false, back: Some(group) })
    }
}

fn pair(one: Node, other: Node, flags: u8) -> Node {
    let lang = cat(vec![Arc::clone(&one.lang), Arc::clone(&other.lang)]);
    Node::new(Kind::Cat(Box::new((one, other))), flags, lang)
}

fn cat(mut parts: Vec<Arc<Lang>>) -> Arc<Lang> {
    match parts.len() {
        0 => Arc::new(Lang::Empty),
        1 => parts.pop().unwrap_or_else(|| Arc::new(Lang::Empty)),
        _ => Arc::new(Lang::Cat(parts)),
    }
}

fn repeated(lang: Arc<Lang>, bounds: Bounds) -> Arc<Lang> {
    if bounds.least == 1 && bounds.most == Some(1) {
        return lang;
    }
    Arc::new(Lang::Repeat(lang, bounds.least, bounds.most))
}
