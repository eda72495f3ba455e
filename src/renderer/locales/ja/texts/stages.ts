import type { ContractTexts } from '../../shape.ts'

/** Titles of the stages. */
export default {
  'Image teacher': '画像教師',
  'Video teacher': '動画教師',
  Distillation: '蒸留',
  'Fine-tuning': 'ファインチューニング',
  Test: 'テスト',
} satisfies ContractTexts
