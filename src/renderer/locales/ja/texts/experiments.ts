import type { ContractTexts } from '../../shape.ts'

/** Experiments: starts, phases, and what is wrong with a request. */
export default {
  'Student of the image teacher': '画像教師の生徒',
  'Student of the video teacher': '動画教師の生徒',
  'Student of both teachers': '両方の教師の生徒',
  'Video teacher (VideoMAE)': '動画教師（VideoMAE）',
  'From scratch': 'スクラッチから',
  Teachers: '教師',
  Students: '生徒',
  'Selection on validation': '検証での選択',
  'Fine-tuning and test': 'ファインチューニングとテスト',
  'Probes of frozen features': '凍結した特徴量のプローブ',
  '{value} is listed twice.': '{value} が 2 回指定されています。',
  'The last seed would be too large. Lower general.seed.':
    '最後のシードが大きすぎます。general.seed を下げてください。',
  'The label set {name} has validation videos of no class, so rates and decays cannot be chosen. Import the dataset again with a validation split, or choose one rate and one decay.':
    'ラベルセット {name} にはどのクラスの検証動画もないため、学習率と減衰を選べません。検証の分割を付けてデータセットをインポートし直すか、学習率と減衰を 1 つずつにしてください。',
  'The label set {name} has validation videos of only one class, so rates and decays cannot be chosen. Import the dataset again with a validation split, or choose one rate and one decay.':
    'ラベルセット {name} には 1 クラスの検証動画しかないため、学習率と減衰を選べません。検証の分割を付けてデータセットをインポートし直すか、学習率と減衰を 1 つずつにしてください。',
  'The pipeline name {name} is too long: a name has at most 63 characters. Shorten the name of the experiment.':
    'パイプライン名 {name} が長すぎます。名前は 63 文字までです。実験の名前を短くしてください。',
  'Two pipelines would be called {name}. Choose another name for the experiment.':
    '2 つのパイプラインが {name} という名前になります。実験に別の名前を選んでください。',
  '{message} Start: {start}.': '{message} 開始モデル: {start}。',
} satisfies ContractTexts
