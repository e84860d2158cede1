"""Care 关怀: planning a VIP's year, doing its touchpoints, gifts and their caps, proofs."""
