-- Keeps a backend for as long as the transaction is open, and says which one it is.
begin transaction read only;
{backend}
