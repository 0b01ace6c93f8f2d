//! Owns the crossing from the reader's Arrow (56) to ours: the same memory, seen by another library.
//! Must not know: what is in the batches.

use arrow::array::{ArrayRef, make_array};
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow56::array::Array as _;

use crate::error::{Error, Result};

/// The columns of a batch, without a copy.
pub(super) fn cross(batch: &arrow56::array::RecordBatch) -> Result<Vec<ArrayRef>> {
    batch.columns().iter().map(column).collect()
}

fn column(array: &arrow56::array::ArrayRef) -> Result<ArrayRef> {
    let failed = |_| Error::unexpected("a column cannot cross into this version of Arrow");
    let (data, schema) = arrow56::ffi::to_ffi(&array.to_data()).map_err(failed)?;
    // SAFETY: both pairs are the structs of the Arrow C data interface, `#[repr(C)]` with the same fields, and owned:
    // each moves bit by bit into its counterpart, whose drop calls the release callback that the exporter put in.
    let (data, schema) = unsafe {
        (
            std::mem::transmute::<arrow56::ffi::FFI_ArrowArray, FFI_ArrowArray>(data),
            std::mem::transmute::<arrow56::ffi::FFI_ArrowSchema, FFI_ArrowSchema>(schema),
        )
    };
    // SAFETY: the array was exported above, by a library that upholds the interface.
    let data = unsafe { from_ffi(data, &schema) }
        .map_err(|_| Error::unexpected("a column cannot cross into this version of Arrow"))?;
    Ok(make_array(data))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;
    use arrow56::array::{ArrayRef, Int64Array, RecordBatch, StringArray};

    use super::cross;

    #[test]
    fn values_and_nulls_survive_the_crossing_and_the_other_side() {
        let ints: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(i64::MAX)]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("ä"), None, Some("")]));
        let batch = RecordBatch::try_from_iter([("i", ints), ("t", texts)]);
        let columns = batch.ok().and_then(|batch| cross(&batch).ok()).unwrap_or_default();
        let ints: Vec<_> = columns[0].as_primitive::<Int64Type>().iter().collect();
        let texts: Vec<_> = columns[1].as_string::<i32>().iter().collect();
        assert_eq!(ints, [Some(1), None, Some(i64::MAX)]);
        assert_eq!(texts, [Some("ä"), None, Some("")]);
    }
}
