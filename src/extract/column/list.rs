//! Owns columns of arrays, read from PostgreSQL's binary form: dimensions, then each element in its own type's form.
//! Must not know: what the elements are. Arrays that are no lists (more dimensions, other bounds) are told.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, FieldRef};

use super::{Column, Misfit, broken, unforeseen};
use crate::error::Result;
use crate::extract::source::Cells;

/// Lists of one dimension, counted from one.
pub(super) struct Lists {
    elements: Box<dyn Column>,
    field: FieldRef,
    offsets: Vec<i32>,
    valid: Vec<bool>,
}

impl Lists {
    pub(super) fn new(elements: Box<dyn Column>, element: &DataType) -> Self {
        let field = Arc::new(Field::new_list_field(element.clone(), true));
        Self { elements, field, offsets: vec![0], valid: Vec::new() }
    }

    /// Takes the elements; gives how many there were, and the bytes they take.
    fn elements(&mut self, bytes: &[u8]) -> Result<(i32, usize), Misfit> {
        let mut rest = Reader(bytes);
        let (dimensions, _, _) = (rest.int()?, rest.int()?, rest.int()?);
        if dimensions == 0 {
            return Ok((0, 0));
        }
        let (length, bound) = (rest.int()?, rest.int()?);
        if dimensions != 1 || bound != 1 {
            return Err(Misfit::Widen);
        }
        let mut size = 0;
        let mut misfit = None;
        for _ in 0..length {
            let element = rest.element()?;
            match self.elements.element(element) {
                Ok(taken) => size += taken,
                // It left a NULL in the element's place; the worst of them is told.
                Err(stop @ Misfit::Stop(_)) => return Err(stop),
                Err(Misfit::Refuse) => misfit = Some(Misfit::Refuse),
                Err(Misfit::Widen) => misfit = misfit.or(Some(Misfit::Widen)),
            }
        }
        match misfit {
            // The elements stay, the list is NULL: offsets need not be dense, but they are kept so.
            Some(misfit) => {
                self.end(length, false);
                Err(misfit)
            }
            None => Ok((length, size)),
        }
    }

    fn end(&mut self, length: i32, valid: bool) {
        let last = self.offsets.last().copied().unwrap_or_default();
        self.offsets.push(last + length);
        self.valid.push(valid);
    }
}

impl Column for Lists {
    fn take(&mut self, cells: &mut Cells<'_>) -> Result<usize, Misfit> {
        let value = cells.bytes()?;
        self.element(value.as_deref())
    }

    fn element(&mut self, bytes: Option<&[u8]>) -> Result<usize, Misfit> {
        let Some(bytes) = bytes else {
            self.end(0, false);
            return Ok(4);
        };
        let before = self.valid.len();
        match self.elements(bytes) {
            Ok((length, size)) => {
                self.end(length, true);
                Ok(size + 4)
            }
            Err(misfit) => {
                if self.valid.len() == before {
                    self.end(0, false);
                }
                Err(misfit)
            }
        }
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(&mut self.offsets, vec![0])));
        let valid = NullBuffer::from(std::mem::take(&mut self.valid));
        let elements = self.elements.finish()?;
        let lists = ListArray::try_new(self.field.clone(), offsets, elements, Some(valid));
        Ok(Arc::new(lists.map_err(|_| broken())?))
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn int(&mut self) -> Result<i32, Misfit> {
        let (bytes, rest) = self.0.split_first_chunk::<4>().ok_or_else(unforeseen)?;
        self.0 = rest;
        Ok(i32::from_be_bytes(*bytes))
    }

    /// The next element; None for NULL.
    fn element(&mut self) -> Result<Option<&'a [u8]>, Misfit> {
        let Ok(length) = usize::try_from(self.int()?) else { return Ok(None) };
        let (bytes, rest) = self.0.split_at_checked(length).ok_or_else(unforeseen)?;
        self.0 = rest;
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{DataType, Int32Type};

    use super::super::{Misfit, Texts, column};
    use crate::extract::types::Carry;

    fn array(words: &[i32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn lists_are_read_and_other_arrays_told() {
        let mut lists = column(&Carry::List(Box::new(Carry::Int32)), Texts::Valid, false);
        let (one, empty) = (array(&[1, 1, 23, 2, 1, 4, 7, -1]), array(&[0, 0, 23]));
        let (bounds, square) = (array(&[1, 0, 23, 1, 0, 4, 7]), array(&[2, 0, 23, 1, 1, 1, 1, 4, 7]));
        assert!(lists.element(Some(&one)).is_ok() && lists.element(Some(&empty)).is_ok());
        assert!(lists.element(None).is_ok());
        assert!(matches!(lists.element(Some(&bounds)), Err(Misfit::Widen)));
        assert!(matches!(lists.element(Some(&square)), Err(Misfit::Widen)));
        assert!(matches!(lists.element(Some(&one[..15])), Err(Misfit::Stop(_))));
        let lists = lists.finish().ok().filter(|lists| matches!(lists.data_type(), DataType::List(_)));
        let lists = lists.expect("an array").as_list::<i32>().clone();
        assert_eq!((lists.len(), lists.null_count()), (6, 4));
        assert_eq!(lists.value(0).as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [Some(7), None]);
        assert_eq!(lists.value(1).len(), 0);
    }
}
