import type { ContractTexts } from '../../shape.ts'

/** Models, questions about imported ones, and probes. */
export default {
  '{title}, width {width}, depth {depth}, patch {patch}': '{title}、幅 {width}、深さ {depth}、パッチ {patch}',
  '{title} of {count} classes': '{title}（{count} クラス）',
  '{title} of 1 class': '{title}（1 クラス）',
  'MAE on images': '画像の MAE',
  'MVD student': 'MVD の生徒',
  'MVD student ({family})': 'MVD の生徒（{family}）',
  'Fine-tuned classifier': 'ファインチューニング済み分類器',
  'Clip encoder': 'クリップのエンコーダー',
  'Clip encoder ({family})': 'クリップのエンコーダー（{family}）',
  'Encoders and classifiers of VideoMAE and MVD have the same tensor names but different position tables. Which family is it, videomae or mvd?':
    'VideoMAE と MVD のエンコーダーと分類器は、テンソル名が同じで位置表が異なります。videomae と mvd のどちらですか？',
  'The number of attention heads cannot be inferred: no published encoder has a width of {width}. How many are there?':
    '注意ヘッドの数を推定できません。幅 {width} の公開エンコーダーはありません。いくつですか？',
  'The number of attention heads of the decoder cannot be inferred: no published decoder has a width of {width}. How many are there? A teacher does not need them.':
    'デコーダーの注意ヘッドの数を推定できません。幅 {width} の公開デコーダーはありません。いくつですか？ 教師には不要です。',
  'Nearest neighbours': '最近傍',
  'Linear probe': '線形プローブ',
  'Attentive probe': '注意プローブ',
  'Computing features': '特徴量を計算中',
  'Searching neighbours': '近傍を探索中',
  'Fitting classifiers': '分類器を学習中',
  'Training the attentive probe': '注意プローブを学習中',
} satisfies ContractTexts
