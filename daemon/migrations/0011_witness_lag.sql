-- How far a witness is, without reading all that it has ever signed.
CREATE INDEX ledger_cosignature_of ON ledger_cosignature (log_id, witness, size);
