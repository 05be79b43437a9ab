/** Patterns for what opens something. Examples are put together from parts, so that nothing that scans for secrets finds any. */
import type { BuiltInPattern } from '@countersign/contract';
import type { Pattern } from './pattern.ts';

/** The providers' own prefixes are what makes these sure. */
const keys = [
  'sk-[\\w-]{20,}', // OpenAI, Anthropic
  '(?:sk|rk|pk)_(?:live|test)_[A-Za-z\\d]{16,}', // Stripe
  '(?:AKIA|ASIA)[A-Z\\d]{16}(?![A-Z\\d])', // AWS
  'gh[pousr]_[A-Za-z\\d]{36,}', // GitHub
  'github_pat_\\w{22,}',
  'glpat-[\\w-]{20,}', // GitLab
  'glsa_\\w{32,}', // Grafana
  'xox[abeoprs]-[\\w-]{10,}', // Slack
  'xapp-[\\w-]{10,}',
  'AIza[\\w-]{35}', // Google
  'ya29\\.[\\w-]{20,}',
  'hf_[A-Za-z\\d]{30,}', // Hugging Face
  'npm_[A-Za-z\\d]{36}', // npm
  'gsk_[A-Za-z\\d]{40,}', // Groq
  'xai-[A-Za-z\\d]{40,}',
  'r8_[A-Za-z\\d]{37,}', // Replicate
  'hv[sbr]\\.[\\w-]{24,}', // Vault
  'pypi-[\\w-]{40,}',
  'do[por]_v1_[a-f\\d]{64}', // DigitalOcean
  'whsec_[A-Za-z\\d+/=]{24,}', // Stripe
  'shp(?:at|ca|pa|ss)_[a-fA-F\\d]{32}', // Shopify
  'GOCSPX-[\\w-]{24,}', // Google
  'ATATT3[\\w=-]{40,}', // Atlassian
  'SG\\.[\\w-]{16,32}\\.[\\w-]{16,64}', // SendGrid
  'dckr_pat_[\\w-]{20,}', // Docker
  'ntn_[A-Za-z\\d]{40,}', // Notion
  'lin_api_[A-Za-z\\d]{32,}', // Linear
  '(?<=hooks\\.slack\\.com/services/)T\\w{6,14}/B\\w{6,14}/\\w{16,32}',
  // AWS, by the names that its tools know it by.
  '(?<=(?:aws_secret_access_key|AWS_SECRET_ACCESS_KEY|[sS]ecretAccessKey)[\\\\"\'`\\s]{0,4}[:=][\\\\"\'`\\s]{0,4})[A-Za-z\\d/+]{40}(?![A-Za-z\\d/+])',
];

const letters = (count: number) => 'aB3'.repeat(count).slice(0, count);
const jwtLike = ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxMjM0In0', letters(43)].join('.');
const dashes = '-----';
const keyBlock = (kind: string, body: string) =>
  `${dashes}BEGIN ${kind}${dashes}\n${body}\n${dashes}END ${kind}${dashes}`;

export const secrets = {
  private_key: {
    // In a mail that is answered, a diff, a program or a page, each line stands behind a mark, between quotes or before a tag. Without its
    // end it is one as well; then its body ends at the first letter that is none of base64.
    regex:
      /-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:\s{0,4}[A-Za-z-]{1,30}:[^\n]{0,300}\n)*(?:(?:(?!-----)[A-Za-z\d+/=\s\\<>|"'`,;.#*&%-])*-{5,6}END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----|[A-Za-z\d+/=\s\\]*)/g,
    replacement: '[private_key]',
    matches: [
      [`see\n${keyBlock('RSA PRIVATE KEY', letters(64))}.`, 'see\n[private_key].'],
      [keyBlock('PRIVATE KEY', `${letters(64)}\\n${letters(20)}==`), '[private_key]'],
      [
        keyBlock('EC PRIVATE KEY', `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB\n\n${letters(64)}`),
        '[private_key]',
      ],
      [keyBlock('PGP PRIVATE KEY BLOCK', `Version: GnuPG v2\n\n${letters(64)}\n=abcd`), '[private_key]'],
      [`${dashes}BEGIN PRIVATE KEY${dashes}\n${letters(64)}`, '[private_key]'],
      [`> ${keyBlock('PRIVATE KEY', letters(64)).replaceAll('\n', '\n> ')}\n> ok?`, '> [private_key]\n> ok?'],
      [keyBlock('PRIVATE KEY', letters(64)).replaceAll('\n', '<br>'), '[private_key]'],
      [`-${keyBlock('PRIVATE KEY', letters(64)).replaceAll('\n', '\n-')}`, '-[private_key]'],
      [keyBlock('PRIVATE KEY', letters(64)).replaceAll('\n', '%0A'), '[private_key]'],
      [`"${keyBlock('PRIVATE KEY', letters(64)).replaceAll('\n', '\\n" +\n  "')}";`, '"[private_key]";'],
    ],
    leaves: [keyBlock('PUBLIC KEY', letters(64)), keyBlock('CERTIFICATE', letters(64)), 'BEGIN PRIVATE KEY'],
    known_false_positives: [`it says ${dashes}BEGIN PRIVATE KEY${dashes} at its top`],
  },
  jwt: {
    // Also encrypted, in five parts (RFC 7516).
    regex: /(?<![\w-])eyJ[\w-]{8,}\.(?:eyJ[\w-]{8,}\.[\w-]*|[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+)/g,
    replacement: '[jwt]',
    matches: [
      [`token=${jwtLike};`, 'token=[jwt];'],
      [`${['eyJhbGciOiJkaXIifQ', '', letters(16), letters(40), letters(22)].join('.')}!`, '[jwt]!'],
      [`unsigned ${jwtLike.slice(0, jwtLike.lastIndexOf('.') + 1)}`, 'unsigned [jwt]'],
    ],
    leaves: ['eyJhbGciOiJIUzI1NiJ9', 'a.b.c', 'eyJ.eyJ.x'],
    known_false_positives: [],
  },
  api_key: {
    regex: new RegExp(`(?<![A-Za-z\\d])(?:${keys.join('|')})`, 'g'),
    replacement: '[api_key]',
    matches: [
      [`OPENAI=${['sk', 'proj', letters(40)].join('-')}`, 'OPENAI=[api_key]'],
      [`"${['sk', 'ant', 'api03', letters(40)].join('-')}"`, '"[api_key]"'],
      [['AKIA', 'IOSFODNN7EXAMPLE'].join(''), '[api_key]'],
      [`${['ghp', letters(36)].join('_')} ${['github', 'pat', letters(30)].join('_')}`, '[api_key] [api_key]'],
      [['xoxb', '123456789012', letters(24)].join('-'), '[api_key]'],
      [['sk', 'live', letters(24)].join('_'), '[api_key]'],
      [['AIza', letters(35)].join(''), '[api_key]'],
      [['glpat', letters(20)].join('-'), '[api_key]'],
      [['SG', letters(22), letters(43)].join('.'), '[api_key]'],
      [`${['gsk', letters(52)].join('_')} ${['xai', letters(80)].join('-')}`, '[api_key] [api_key]'],
      [`${['r8', letters(40)].join('_')} ${['hvs', letters(90)].join('.')}`, '[api_key] [api_key]'],
      [`${['pypi', letters(60)].join('-')} ${['whsec', letters(32)].join('_')}`, '[api_key] [api_key]'],
      [`${['dop', 'v1', 'ab12'.repeat(16)].join('_')} ${['shpat', 'ab12'.repeat(8)].join('_')}`, '[api_key] [api_key]'],
      [`aws_secret_access_key = ${letters(40)}`, 'aws_secret_access_key = [api_key]'],
      [`{"SecretAccessKey":"${letters(40)}"}`, '{"SecretAccessKey":"[api_key]"}'],
      [
        ['https://hooks.slack.com/services', 'T0123ABCD', 'B0123ABCD', letters(24)].join('/'),
        'https://hooks.slack.com/services/[api_key]',
      ],
      [`${['dckr', 'pat', letters(27)].join('_')} ${['lin', 'api', letters(40)].join('_')}`, '[api_key] [api_key]'],
      [`${['GOCSPX', letters(28)].join('-')} ${['ATATT3', letters(60)].join('')}`, '[api_key] [api_key]'],
    ],
    leaves: ['sk-learn', 'task-management-software-development', 'AKIA', 'ghp_short', 'xoxo-hugs', 'desk-1234567890'],
    known_false_positives: ['the class sk-navigation-bar-collapsed'],
  },
  bearer_token: {
    // Also where a header is a field of JSON, of a program or of a form.
    regex:
      /(?<=\bbearer[ \t]{1,4})[\w.~+/-]{16,}={0,2}|(?<=(?<![a-z\d])authorization\\{0,3}["'`]?\s{0,4}[:=,]\s{0,4}\[?\s{0,4}\\{0,3}["'`]?(?:basic|token)[ \t]{1,4})[\w+/-]{4,}={0,2}/gi,
    replacement: '[bearer_token]',
    matches: [
      [`Authorization: Bearer ${letters(32)}`, 'Authorization: Bearer [bearer_token]'],
      ['authorization: basic dXNlcjpwYXNzd29yZA==', 'authorization: basic [bearer_token]'],
      ['{"Authorization":"Basic dTpw"}', '{"Authorization":"Basic [bearer_token]"}'],
      [
        String.raw`"{\"authorization\": \"Basic dXNlcjpw\"}"`,
        String.raw`"{\"authorization\": \"Basic [bearer_token]\"}"`,
      ],
      ['HTTP_AUTHORIZATION=Basic dXNlcjpw', 'HTTP_AUTHORIZATION=Basic [bearer_token]'],
      [
        '{"http.request.header.authorization":["Basic dXNlcjpw"]}',
        '{"http.request.header.authorization":["Basic [bearer_token]"]}',
      ],
      ['map[Authorization:[Basic dXNlcjpw]]', 'map[Authorization:[Basic [bearer_token]]]'],
      [`Authorization: Token ${letters(20)}`, 'Authorization: Token [bearer_token]'],
      ["['Authorization', 'Basic dXNlcjpw']", "['Authorization', 'Basic [bearer_token]']"],
    ],
    leaves: [
      'the authorization, basic as it is, was given',
      'the bearer of this',
      'Bearer <token>',
      'basic understanding',
      'bearer short',
    ],
    known_false_positives: ['bearer characteristically'],
  },
  url_password: {
    // Written as it should not be, it holds what ends a host; then what begins like a port is one.
    regex:
      /(?<=\b[a-z][a-z\d+.-]{1,20}:\/\/[^\s:@/?#]{0,100}:)(?:[^\s/?#]{1,1000}|(?!\d{1,5}[/?#])[^\s@"'<>]{1,200})(?=@)/gi,
    replacement: '[url_password]',
    matches: [
      ['postgres://app:hunter2@db.example:5432/x', 'postgres://app:[url_password]@db.example:5432/x'],
      ['redis://:p%40ss@cache', 'redis://:[url_password]@cache'],
      ['amqp://app:a/b?c#d@mq:5672', 'amqp://app:[url_password]@mq:5672'],
      ['mysql://root:P@ssw0rd@localhost/x', 'mysql://root:[url_password]@localhost/x'],
    ],
    leaves: [
      'https://example.org:8443/a',
      'https://example.org:8443/a?to=@ann',
      'https://ann@example.test',
      'a://b:c',
      'time 10:30@noon',
    ],
    known_false_positives: ['urn://mail:someone@home', 'app://view:main/list?of=@all'],
  },
} satisfies Partial<Record<BuiltInPattern, Pattern>>;
