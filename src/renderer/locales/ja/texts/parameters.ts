import type { ContractTexts } from '../../shape.ts'

/** Labels, headings, units and help of hyperparameters, and what the stages do. */
export default {
  General: '全般',
  Clip: 'クリップ',
  'Learns appearance from single frames (MAE).': '1 フレームから見た目を学習します（MAE）。',
  'Learns motion from clips (VideoMAE).': 'クリップから動きを学習します（VideoMAE）。',
  'Trains a student on the features of the teachers.': '教師の特徴量で生徒を訓練します。',
  'Trains a classifier on the labels.': 'ラベルで分類器を訓練します。',
  'Measures accuracy on the test split.': 'テスト分割で正解率を測定します。',
  Seed: 'シード',
  'The same seed, data and engine give the same results.': 'シード、データ、エンジンが同じなら結果も同じです。',
  Engine: 'エンジン',
  'Executes tensor code. auto selects the fastest engine of this machine.':
    'テンソル計算を実行します。auto はこのマシンで最速のエンジンを選びます。',
  Precision: '精度',
  'Data type of matrix products. Half precision uses less memory and is usually faster. bfloat16 needs onnx-cuda and an NVIDIA card of compute capability 8.0 (Ampere) or newer; float16 also works on older cards and with onnx-webgpu, and skips steps whose gradients overflow. Weights, sums and losses stay in float32.':
    '行列積のデータ型。半精度は使うメモリが少なく、通常は高速です。bfloat16 には onnx-cuda と計算能力 8.0（Ampere）以降の NVIDIA カードが必要です。float16 はそれ以前のカードや onnx-webgpu でも使え、勾配がオーバーフローしたステップを飛ばします。重み、和、損失は float32 のままです。',
  TF32: 'TF32',
  'Whether onnx-cuda computes float32 matrix products with 10 bits of precision instead of 23 (TF32), which is faster on NVIDIA cards since Ampere. Other engines ignore it.':
    'onnx-cuda が float32 の行列積を 23 ビットではなく 10 ビットの精度（TF32）で計算するかどうか。Ampere 以降の NVIDIA カードで高速です。ほかのエンジンは無視します。',
  Workers: 'ワーカー',
  'Threads of onnx-cpu that each compute one shard of a batch. Must divide the batch size. 0 chooses at launch. Changing it changes results in the last bits. Other engines ignore it.':
    'バッチの 1 シャードずつを計算する onnx-cpu のスレッド数。バッチサイズの約数でなければなりません。0 なら開始時に決まります。変えると結果の末尾のビットが変わります。ほかのエンジンは無視します。',
  'Graphics cards': 'グラフィックスカード',
  'NVIDIA cards that each compute one shard of a batch, with onnx-cuda. Must divide the batch size. A run with several cards keeps its weights in main memory, so two cards are not always faster than one. Changing it changes results in the last bits.':
    'onnx-cuda でバッチの 1 シャードずつを計算する NVIDIA カードの数。バッチサイズの約数でなければなりません。複数のカードを使う実行は重みをメインメモリに置くため、2 枚が 1 枚より速いとは限りません。変えると結果の末尾のビットが変わります。',
  'Split set': '分割セット',
  'Which split of the dataset is used. UCF101 and HMDB51 have the official splits split-1 to split-3; a sweep over them gives the mean that papers report. Splits that were drawn again after the import are drawn-2 to drawn-9. The default is the only one of other datasets.':
    'データセットのどの分割を使うか。UCF101 と HMDB51 には公式の分割 split-1 ～ split-3 があり、それらのスイープで論文が報告する平均が得られます。インポート後に抽選し直した分割は drawn-2 ～ drawn-9 です。ほかのデータセットには default だけがあります。',
  'Decoding timeout': 'デコードの制限時間',
  'How long a decoder may show no sign of life, besides 20 ms for each frame of its video. Then it is ended and the video tried once more; if that fails, too, the video is treated like a broken file. Raise it for videos on a slow disk or network share. It does not change results.':
    'デコーダーから応答のない状態を待つ時間（動画の 1 フレームごとに 20 ms を加えます）。過ぎるとデコーダーを終了し、その動画をもう一度だけ試します。それでも応答がなければ、壊れたファイルとして扱います。遅いディスクやネットワーク共有の動画では大きくしてください。結果は変わりません。',
  'Checkpoint every': 'チェックポイントの間隔',
  'Interval between checkpoints. The last step always writes one.':
    'チェックポイントの間隔。最後のステップでは必ず保存します。',
  'Picture every': '画像の間隔',
  'Interval between reconstructions or error maps.': '再構成または誤差マップの間隔。',
  Frames: 'フレーム数',
  frames: 'フレーム',
  'Frames per clip.': '1 クリップのフレーム数。',
  'Frame stride': 'フレーム間隔',
  'Distance between two sampled frames. 4 samples every fourth frame.':
    '取り出す 2 フレームの間隔。4 なら 4 フレームごとに取り出します。',
  'Image size': '画像サイズ',
  'Width and height of the square crop that the models see.': 'モデルに入る正方形の切り抜きの幅と高さ。',
  'Patch size': 'パッチサイズ',
  'Width and height of a patch. Must divide the image size.':
    'パッチの幅と高さ。画像サイズの約数でなければなりません。',
  'Tubelet size': 'チューブレットサイズ',
  'Frames per tubelet, that is, per token. Must divide the number of frames.':
    '1 チューブレット（1 トークン）のフレーム数。フレーム数の約数でなければなりません。',
  Input: '入力',
  'Crop that the image teacher sees. Image size / patch size must equal that of the clip.':
    '画像教師に入る切り抜き。画像サイズ / パッチサイズがクリップのものと等しくなければなりません。',
  'Patch of the image teacher. Must divide its image size.':
    '画像教師のパッチ。画像教師の画像サイズの約数でなければなりません。',
  Encoder: 'エンコーダー',
  Width: '幅',
  'Channels per token. Must be a multiple of 16.': '1 トークンのチャネル数。16 の倍数でなければなりません。',
  Depth: '深さ',
  blocks: 'ブロック',
  'Transformer blocks.': 'Transformer ブロックの数。',
  'Attention heads': '注意ヘッド',
  'Heads per block. Must divide the width.': '1 ブロックのヘッド数。幅の約数でなければなりません。',
  Decoder: 'デコーダー',
  'Transformer blocks per decoder.': '1 デコーダーの Transformer ブロックの数。',
  'Heads per block. Must divide the decoder width.': '1 ブロックのヘッド数。デコーダーの幅の約数でなければなりません。',
  Masking: 'マスク',
  'Mask ratio': 'マスク率',
  'Share of tokens hidden from the encoder.': 'エンコーダーから隠すトークンの割合。',
  'Normalise targets': 'ターゲットの正規化',
  'Predicts the pixels of each patch with mean 0 and variance 1 (norm_pix_loss).':
    '各パッチの画素を平均 0、分散 1 で予測します（norm_pix_loss）。',
  Augmentation: 'データ拡張',
  'Minimum crop area': '切り抜きの最小面積',
  'of the frame': '（フレーム比）',
  'Random resized crops cover between this share and all of the frame.':
    'ランダムな切り抜きは、フレームのこの割合から全体までを覆います。',
  'Horizontal flip': '左右反転',
  'Flips half of the frames.': '半分のフレームを反転します。',
  Training: '訓練',
  Epochs: 'エポック数',
  epochs: 'エポック',
  'Passes over the training videos.': '訓練動画を通す回数。',
  'Batch size': 'バッチサイズ',
  samples: 'サンプル',
  'Samples computed at once. A step sees batch size x gradient accumulation samples.':
    '一度に計算するサンプル数。1 ステップはバッチサイズ x 勾配累積のサンプルを使います。',
  'Gradient accumulation': '勾配累積',
  batches: 'バッチ',
  'Micro-batches whose gradients are averaged before an update. The update equals that of one large batch (update_freq, accum_iter).':
    '更新の前に勾配を平均するマイクロバッチの数。更新は 1 つの大きなバッチのものと同じです（update_freq、accum_iter）。',
  'Activation checkpointing': '活性化の再計算',
  'Recomputes the activations of each block in the backward pass. Uses less memory and about a third more time; results are identical (use_checkpoint).':
    '逆伝播で各ブロックの活性化を計算し直します。メモリは減り、時間は約 3 分の 1 増えます。結果は同じです（use_checkpoint）。',
  'Samples per video': '動画ごとのサンプル数',
  'Samples drawn from each video per epoch (num_sample; repeated augmentation, Hoffer et al. 2020).':
    '1 エポックで各動画から取り出すサンプル数（num_sample、repeated augmentation、Hoffer et al. 2020）。',
  Optimizer: 'オプティマイザー',
  'Learning rate': '学習率',
  'per 256 samples': '256 サンプルあたり',
  'Peak learning rate for 256 samples per step; scaled by batch size x gradient accumulation / 256. Fine-tuning counts each video once, however many samples are drawn from it.':
    '1 ステップ 256 サンプルのときの最大学習率。バッチサイズ x 勾配累積 / 256 を掛けます。ファインチューニングでは、取り出すサンプル数によらず各動画を 1 回と数えます。',
  'Final learning rate': '最終学習率',
  'Learning rate at the end of the cosine schedule; scaled like the peak.':
    'コサインスケジュールの終わりの学習率。最大値と同じように換算します。',
  'Warm-up': 'ウォームアップ',
  'Epochs in which the learning rate rises linearly from 0 to its peak.':
    '学習率が 0 から最大値まで線形に上がるエポック数。',
  'Weight decay': '重み減衰',
  'Applied to matrices and mask tokens, not to biases, norms and position tables.':
    '行列とマスクトークンに適用します。バイアス、正規化層、位置表には適用しません。',
  'Beta 1': 'ベータ 1',
  'Decay rate of the first moment (AdamW).': '1 次モーメントの減衰率（AdamW）。',
  'Beta 2': 'ベータ 2',
  'Decay rate of the second moment (AdamW).': '2 次モーメントの減衰率（AdamW）。',
  'Gradient clipping': '勾配クリッピング',
  norm: 'ノルム',
  'Maximum gradient norm. 0 turns clipping off.': '勾配ノルムの上限。0 ならクリッピングしません。',
  'Decoder mask ratio': 'デコーダーのマスク率',
  'Share of hidden tokens that the decoder skips, by running cell masking in cells of 2 x 2 (VideoMAE V2, Wang et al. 2023: 0.5). 0 predicts every hidden token, as in MVD.':
    'デコーダーが飛ばす隠れたトークンの割合。2 x 2 のセルの running cell masking を使います（VideoMAE V2、Wang et al. 2023: 0.5）。0 なら MVD と同じく、隠れたトークンをすべて予測します。',
  'Predicts each colour channel of a tubelet with mean 0 and variance 1.':
    'チューブレットの各色チャネルを平均 0、分散 1 で予測します。',
  Teachers: '教師',
  'Teachers that the student learns from. Each has its own decoder.':
    '生徒が学習する教師。それぞれにデコーダーがあります。',
  'Video target': '動画のターゲット',
  'teacher: features of the video teacher, as published. pixels: normalised pixels as in VideoMAE, with a squared error and without a video teacher (SurgVISTA).':
    'teacher: 公開手法と同じく、動画教師の特徴量。pixels: VideoMAE と同じ正規化した画素。二乗誤差を使い、動画教師は不要です（SurgVISTA）。',
  Loss: '損失',
  'Distance between predicted and teacher features. Published recipes use smooth-l1. cosine is 2 - 2 cos, the squared distance of normalised vectors (UMT, Li et al. 2023).':
    '予測と教師の特徴量の距離。公開レシピは smooth-l1 を使います。cosine は 2 - 2 cos、つまり正規化したベクトルの二乗距離です（UMT、Li et al. 2023）。',
  'Image loss weight': '画像損失の重み',
  'Lambda 1 of Algorithm 1.': 'Algorithm 1 の λ1。',
  'Video loss weight': '動画損失の重み',
  'Lambda 2 of Algorithm 1.': 'Algorithm 1 の λ2。',
  'Applies LayerNorm without weights to the teacher features (norm_feature; V-JEPA, Bardes et al. 2024). Off in published recipes.':
    '教師の特徴量に、重みのない LayerNorm を適用します（norm_feature、V-JEPA、Bardes et al. 2024）。公開レシピではオフです。',
  'Target cache': 'ターゲットキャッシュ',
  clips: 'クリップ',
  'Fixed clips per video, whose teacher features are computed once and kept in half precision (float16); epochs use them in turn. 0, as published: a new clip each time. Fewer clips than epochs change the method: the student sees less varied crops; masks stay random.':
    '動画ごとの固定クリップの数。教師の特徴量を 1 回だけ計算し、半精度 (float16) で保存して、エポックごとに順に使います。0 なら公開手法と同じく、毎回新しいクリップを計算します。エポック数より少ないと手法が変わります。生徒が見る切り出しは少なくなり、マスクは毎回ランダムのままです。',
  Regularisation: '正則化',
  'Drop path': 'ドロップパス',
  'Probability of skipping the last block of each encoder and decoder. It rises linearly from 0 at the first block (drop_path; stochastic depth, Huang et al. 2016).':
    '各エンコーダーとデコーダーの最後のブロックを飛ばす確率。最初のブロックの 0 から線形に上がります（drop_path、stochastic depth、Huang et al. 2016）。',
  Model: 'モデル',
  'Start from': '出発点',
  'The distilled student, the video teacher (VideoMAE baseline), a chosen checkpoint, or random weights.':
    '蒸留した生徒、動画教師（VideoMAE ベースライン）、選んだチェックポイント、またはランダムな重み。',
  'Published position table': '公開コードの位置表',
  'Fine-tunes a VideoMAE with the 3-D position table of MVD instead of its own, as the published code of MVD does without mentioning it. Only to reproduce published numbers.':
    'VideoMAE を、その位置表ではなく MVD の 3 次元の位置表でファインチューニングします。MVD の公開コードは断りなくそうしています。公開された数値の再現だけに使います。',
  'Head dropout': 'ヘッドのドロップアウト',
  'Dropout probability before the head (fc_drop_rate).': 'ヘッドの前のドロップアウト確率（fc_drop_rate）。',
  'Label smoothing': 'ラベル平滑化',
  'Share of the target spread over all classes (smoothing; Szegedy et al. 2016).':
    'ターゲットのうち全クラスに分ける割合（smoothing、Szegedy et al. 2016）。',
  'Mixup alpha': 'Mixup の alpha',
  'Alpha of the beta distribution of the mixing weight. 0 turns mixup off (Zhang et al. 2018).':
    '混合の重みのベータ分布の alpha。0 なら mixup を使いません（Zhang et al. 2018）。',
  'CutMix alpha': 'CutMix の alpha',
  'Alpha of the beta distribution of the box area. The box spans all frames. 0 turns CutMix off (Yun et al. 2019).':
    '矩形の面積のベータ分布の alpha。矩形は全フレームに及びます。0 なら CutMix を使いません（Yun et al. 2019）。',
  'Mix probability': '混合の確率',
  'Probability of applying mixup or CutMix to a batch (mixup_prob).':
    'バッチに mixup または CutMix を適用する確率（mixup_prob）。',
  'CutMix share': 'CutMix の割合',
  'Probability of CutMix instead of mixup if both are on (mixup_switch_prob).':
    '両方が有効なとき、mixup ではなく CutMix を使う確率（mixup_switch_prob）。',
  'Published CutMix': '公開コードの CutMix',
  'Cuts boxes of time x height at positions drawn for height x width, as the published code of MVD does: more than half of the boxes change no pixel, and targets do not match pixels. Only to reproduce published numbers.':
    'MVD の公開コードと同じく、高さ x 幅のために引いた位置で時間 x 高さの矩形を切り取ります。半分以上の矩形は画素を変えず、ターゲットは画素と一致しません。公開された数値の再現だけに使います。',
  'Frame sampling': 'フレームの取り出し方',
  'dense samples one window of frames x stride. segments samples one frame from each of equal segments of the video (TSN, Wang et al. 2016; Something-Something v2).':
    'dense はフレーム数 x 間隔の 1 つの窓から取り出します。segments は動画を等分し、各区間から 1 フレームを取り出します（TSN、Wang et al. 2016、Something-Something v2）。',
  'Random resized crops cover between this share and all of the frame, with an aspect ratio from 3/4 to 4/3.':
    'ランダムな切り抜きは、フレームのこの割合から全体までを、縦横比 3/4～4/3 で覆います。',
  'Flips half of the clips. Turn it off if left and right matter.':
    '半分のクリップを反転します。左右に意味があるときはオフにしてください。',
  'RandAugment operations': 'RandAugment の操作数',
  operations: '操作',
  'Operations drawn per clip, each applied to all frames with probability 0.5. 0 turns RandAugment off (Cubuk et al. 2020; n in rand-m7-n4-mstd0.5-inc1).':
    'クリップごとに選ぶ操作の数。それぞれを確率 0.5 で全フレームに適用します。0 なら RandAugment を使いません（Cubuk et al. 2020、rand-m7-n4-mstd0.5-inc1 の n）。',
  'RandAugment magnitude': 'RandAugment の強さ',
  'Strength of the operations (m in rand-m7-n4-mstd0.5-inc1).': '操作の強さ（rand-m7-n4-mstd0.5-inc1 の m）。',
  'RandAugment deviation': 'RandAugment の偏差',
  'Standard deviation of the magnitude, drawn per operation (mstd in rand-m7-n4-mstd0.5-inc1).':
    '操作ごとに引く強さの標準偏差（rand-m7-n4-mstd0.5-inc1 の mstd）。',
  'Random erasing': 'ランダム消去',
  'Probability of filling one box of a clip, the same in all frames, with noise: 2 % to 1/3 of the area, aspect ratio from 0.3 to 3.3 (reprob; Zhong et al. 2020).':
    'クリップの 1 つの矩形（全フレームで同じ）をノイズで埋める確率。面積の 2 %～1/3、縦横比 0.3～3.3（reprob、Zhong et al. 2020）。',
  'Layer decay': '層ごとの減衰',
  'Factor on the learning rate of each block relative to the block above it (layer_decay; BEiT, Bao et al. 2022).':
    '1 つ上のブロックに対する各ブロックの学習率の倍率（layer_decay、BEiT、Bao et al. 2022）。',
  'Head init scale': 'ヘッドの初期値の倍率',
  'Factor on the initial weights of the head.': 'ヘッドの初期の重みに掛ける倍率。',
  'Early stopping': '早期終了',
  Patience: '待つ検証回数',
  validations: '回の検証',
  'Ends the stage after this many validations in a row without improvement. Every checkpoint is validated. The stage then stands for its best checkpoint, also if it reaches its last epoch. 0 turns early stopping off.':
    '改善のない検証がこの回数続くと、ステージを終えます。検証はチェックポイントごとに行います。ステージの結果は、最後のエポックまで進んでも最良のチェックポイントになります。0 なら早期終了しません。',
  'Minimum improvement': '最小の改善幅',
  'An improvement counts if it is larger than this, in the unit of the monitored metric: percentage points of top-1 (min_delta).':
    'これより大きいときだけ改善と数えます。単位は監視する指標のもので、top-1 ではパーセントポイントです（min_delta）。',
  'Monitored metric': '監視する指標',
  'Metric of the validation split that has to improve: top-1 upwards, the loss downwards.':
    '改善すべき検証分割の指標。top-1 は上がること、損失は下がることが改善です。',
  Views: 'ビュー',
  'Clips per video': '動画ごとのクリップ数',
  'Clips spread evenly over the video.': '動画に均等に並ぶクリップの数。',
  'Crops per clip': 'クリップごとの切り抜き数',
  'Crops along the long side of the frame.': 'フレームの長辺に沿った切り抜きの数。',
  'Must be that of fine-tuning. dense spreads windows of every stride-th frame over the video; segments samples the middle frames of equal segments.':
    'ファインチューニングと同じでなければなりません。dense はフレーム間隔ごとの窓を動画に並べます。segments は等分した区間の中央のフレームを取り出します。',
  'View averaging': 'ビューの平均',
  'softmax averages probabilities, as MVD does. logits averages scores before the softmax, as VideoMAE did until commit 2254c5e.':
    'softmax は MVD と同じく確率を平均します。logits は softmax の前のスコアを平均します。VideoMAE はコミット 2254c5e までそうしていました。',
  views: 'ビュー',
  'Views computed at once.': '一度に計算するビューの数。',
} satisfies ContractTexts
