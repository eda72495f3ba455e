import type { ContractTexts } from '../../shape.ts'

/** Descriptions of the presets in `resources/presets`. */
export default {
  'For a laptop without a graphics card: a vision transformer of width 96 on crops of 64 px.':
    'グラフィックスカードのないノートパソコン向け: 64 px の切り抜きに幅 96 の Vision Transformer。',
  'Sized for a teacher ablation with three seeds on the built-in dataset and two CPU cores: about an hour.':
    '内蔵データセットでの 3 シードの教師アブレーションと 2 つの CPU コアに合わせた大きさ: 約 1 時間かかります。',
  'Sized for the built-in dataset and two CPU cores: all five stages in a few minutes.':
    '内蔵データセットと 2 つの CPU コアに合わせた大きさ: 5 つのステージがすべて数分で終わります。',
  'The published distillation and its fine-tuning on Kinetics-400. Published top-1: 80.6 %.':
    '公開された蒸留と、Kinetics-400 でのファインチューニング。公開された top-1: 80.6 %。',
  'The published distillation and its fine-tuning on Something-Something v2. Published top-1, pre-trained on Kinetics-400: 70.7 %.':
    '公開された蒸留と、Something-Something v2 でのファインチューニング。公開された top-1（Kinetics-400 で事前訓練）: 70.7 %。',
  'The published distillation and its fine-tuning on Kinetics-400. Published top-1: 81.0 %.':
    '公開された蒸留と、Kinetics-400 でのファインチューニング。公開された top-1: 81.0 %。',
  'The published distillation and its fine-tuning on Something-Something v2. Published top-1, pre-trained on Kinetics-400: 70.9 %.':
    '公開された蒸留と、Something-Something v2 でのファインチューニング。公開された top-1（Kinetics-400 で事前訓練）: 70.9 %。',
  'The published distillation and its fine-tuning on Kinetics-400. Published top-1: 82.7 %.':
    '公開された蒸留と、Kinetics-400 でのファインチューニング。公開された top-1: 82.7 %。',
  'The published distillation and its fine-tuning on Something-Something v2. Published top-1, pre-trained on Kinetics-400: 72.5 %.':
    '公開された蒸留と、Something-Something v2 でのファインチューニング。公開された top-1（Kinetics-400 で事前訓練）: 72.5 %。',
  'The published distillation; fine-tuning as VideoMAE does on UCF101, since MVD publishes no recipe. Published top-1, pre-trained on Kinetics-400: 97.0 %.':
    '公開された蒸留。MVD のレシピは公開されていないため、ファインチューニングは VideoMAE の UCF101 のもの。公開された top-1（Kinetics-400 で事前訓練）: 97.0 %。',
  'The published distillation; fine-tuning as VideoMAE does on UCF101, since no recipe is published. Published top-1, pre-trained on Kinetics-400: 76.4 %.':
    '公開された蒸留。レシピは公開されていないため、ファインチューニングは VideoMAE の UCF101 のもの。公開された top-1（Kinetics-400 で事前訓練）: 76.4 %。',
  'The published distillation and its fine-tuning on Kinetics-400. Published top-1: 83.4 %.':
    '公開された蒸留と、Kinetics-400 でのファインチューニング。公開された top-1: 83.4 %。',
  'The published distillation and its fine-tuning on Something-Something v2. Published top-1, pre-trained on Kinetics-400: 73.7 %.':
    '公開された蒸留と、Something-Something v2 でのファインチューニング。公開された top-1（Kinetics-400 で事前訓練）: 73.7 %。',
  'The published distillation; fine-tuning as VideoMAE does on UCF101, since MVD publishes no recipe. Published top-1, pre-trained on Kinetics-400: 97.5 %.':
    '公開された蒸留。MVD のレシピは公開されていないため、ファインチューニングは VideoMAE の UCF101 のもの。公開された top-1（Kinetics-400 で事前訓練）: 97.5 %。',
  'The published distillation; fine-tuning as VideoMAE does on UCF101, since no recipe is published. Published top-1, pre-trained on Kinetics-400: 79.7 %.':
    '公開された蒸留。レシピは公開されていないため、ファインチューニングは VideoMAE の UCF101 のもの。公開された top-1（Kinetics-400 で事前訓練）: 79.7 %。',
  'The published distillation and its fine-tuning on Kinetics-400. Published top-1: 86.0 %.':
    '公開された蒸留と、Kinetics-400 でのファインチューニング。公開された top-1: 86.0 %。',
  'The published distillation and its fine-tuning on Something-Something v2. Published top-1, pre-trained on Kinetics-400: 76.1 %.':
    '公開された蒸留と、Something-Something v2 でのファインチューニング。公開された top-1（Kinetics-400 で事前訓練）: 76.1 %。',
  'The published distillation and its fine-tuning on Kinetics-400. Published top-1: 86.4 %.':
    '公開された蒸留と、Kinetics-400 でのファインチューニング。公開された top-1: 86.4 %。',
  'The published distillation and its fine-tuning on Something-Something v2. Published top-1, pre-trained on Kinetics-400: 76.7 %.':
    '公開された蒸留と、Something-Something v2 でのファインチューニング。公開された top-1（Kinetics-400 で事前訓練）: 76.7 %。',
  'The published distillation and its fine-tuning on Kinetics-400. Published top-1: 87.3 %.':
    '公開された蒸留と、Kinetics-400 でのファインチューニング。公開された top-1: 87.3 %。',
  'The published distillation and its fine-tuning on Something-Something v2. Published top-1, pre-trained on Kinetics-400: 77.3 %.':
    '公開された蒸留と、Something-Something v2 でのファインチューニング。公開された top-1（Kinetics-400 で事前訓練）: 77.3 %。',
  'The baseline: a VideoMAE fine-tuned as the students of MVD are. Published top-1: 79.0 %.':
    'ベースライン: MVD の生徒と同じようにファインチューニングした VideoMAE。公開された top-1: 79.0 %。',
  'The baseline: a VideoMAE fine-tuned as the students of MVD are. Published top-1: 66.8 %.':
    'ベースライン: MVD の生徒と同じようにファインチューニングした VideoMAE。公開された top-1: 66.8 %。',
  'The baseline: a VideoMAE fine-tuned as the students of MVD are. Published top-1: 81.5 %.':
    'ベースライン: MVD の生徒と同じようにファインチューニングした VideoMAE。公開された top-1: 81.5 %。',
  'The baseline: a VideoMAE fine-tuned as the students of MVD are. Published top-1: 70.8 %.':
    'ベースライン: MVD の生徒と同じようにファインチューニングした VideoMAE。公開された top-1: 70.8 %。',
  'The published VideoMAE recipe for UCF101 alone, pre-training and fine-tuning. Published top-1: 91.3 %.':
    'UCF101 だけで事前訓練とファインチューニングを行う、公開された VideoMAE のレシピ。公開された top-1: 91.3 %。',
  'HMDB51 alone with the VideoMAE recipe of UCF101, since no other is published. Published top-1: 62.6 %.':
    'HMDB51 だけを使用。ほかに公開されていないため、レシピは VideoMAE の UCF101 のもの。公開された top-1: 62.6 %。',
  'The baseline: a VideoMAE fine-tuned as the students of MVD are. Published top-1: 85.2 %.':
    'ベースライン: MVD の生徒と同じようにファインチューニングした VideoMAE。公開された top-1: 85.2 %。',
  'The baseline: a VideoMAE fine-tuned as the students of MVD are. Published top-1: 74.3 %.':
    'ベースライン: MVD の生徒と同じようにファインチューニングした VideoMAE。公開された top-1: 74.3 %。',
  'The baseline: a VideoMAE fine-tuned as the students of MVD are. Published top-1: 86.6 %.':
    'ベースライン: MVD の生徒と同じようにファインチューニングした VideoMAE。公開された top-1: 86.6 %。',
} satisfies ContractTexts
