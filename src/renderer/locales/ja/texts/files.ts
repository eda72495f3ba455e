import type { ContractTexts } from '../../shape.ts'

/** Rules for names, and help of export formats. */
export default {
  'Use lower-case letters, digits and hyphens, at most 63, beginning with a letter or digit.':
    '英小文字、数字、ハイフンを使い、英字または数字で始め、63 文字以内にしてください。',
  'All weights under their published names.': 'すべての重みを公開名で。',
  'All weights under their published names, as the published code loads them.':
    '公開コードが読み込む形で、すべての重みを公開名で。',
  'A folder for from_pretrained: MAE, VideoMAE, and classifiers with the position table of VideoMAE.':
    'from_pretrained 用のフォルダ: MAE、VideoMAE、VideoMAE の位置表を持つ分類器。',
  'The encoder or classifier, for any number of clips at once. Weights of over 2 GiB go into a second file.':
    '固定入力の計算グラフ。ONNX Runtime などで実行できます。',
} satisfies ContractTexts
