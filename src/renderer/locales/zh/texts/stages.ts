import type { ContractTexts } from '../../shape.ts'

/** Titles of the stages. */
export default {
  'Image teacher': '图像教师',
  'Video teacher': '视频教师',
  Distillation: '蒸馏',
  'Fine-tuning': '微调',
  Test: '测试',
} satisfies ContractTexts
