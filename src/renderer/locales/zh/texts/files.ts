import type { ContractTexts } from '../../shape.ts'

/** Rules for names, and help of export formats. */
export default {
  'Use lower-case letters, digits and hyphens, at most 63, beginning with a letter or digit.':
    '请使用小写字母、数字和连字符，以字母或数字开头，最多 63 个字符。',
  'All weights under their published names.': '以公开名称保存全部权重。',
  'All weights under their published names, as the published code loads them.':
    '以公开名称保存全部权重，可由公开代码加载。',
  'A folder for from_pretrained: MAE, VideoMAE, and classifiers with the position table of VideoMAE.':
    '用于 from_pretrained 的文件夹：MAE、VideoMAE，以及带 VideoMAE 位置表的分类器。',
  'The encoder or classifier, for any number of clips at once. Weights of over 2 GiB go into a second file.':
    '固定输入的计算图，可用 ONNX Runtime 等运行。',
} satisfies ContractTexts
