import type { ContractTexts } from '../../shape.ts'

/** Labels, help, options and units of hyperparameters. */
export default {} satisfies ContractTexts
