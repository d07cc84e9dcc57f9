"""Words that are names of people: Faker's lists of all its locales, common names that those lack, and endings."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

_ORDINARY_IN = ("en_US", "de_DE", "fr_FR", "es_ES", "it_IT")
_SURE_IN_LOCALES = 3
_LEAST_LETTERS = 2


def words_in(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Common names of languages of which Faker lists few.
_FURTHER_NAMES = words_in(
    "mehmet mustafa ahmet hüseyin hasan ibrahim ismail osman yusuf murat ömer ramazan halil süleyman abdullah "
    "mahmut recep salih fatih kadir emre hakan serkan burak kemal volkan onur tolga cem deniz fatma ayşe emine "
    "hatice zeynep elif meryem zehra sultan merve özlem esra büşra gül yasemin derya ebru sevgi hülya günay yılmaz "
    "kaya demir çelik şahin yıldız yıldırım öztürk aydın özdemir arslan doğan kılıç aslan çetin kara koç kurt özkan "
    "şimşek polat korkmaz محمد أحمد احمد علي حسن حسين خالد عمر يوسف ابراهيم إبراهيم عبدالله عبد محمود مصطفى سعيد "
    "سالم ناصر فهد سلطان طارق ياسر كريم رشيد عثمان زياد ماجد وليد سامي جمال فاطمة عائشة مريم زينب خديجة نورة سارة "
    "ليلى هدى أمل نادية سلمى رانيا هند منى علی حسین رضا مهدی امیر سعید مجید حمید فرهاد بهرام کاوه آرش سینا نیما "
    "پریسا زهرا مریم فاطمه سارا نرگس شیرین لیلا مینا محمدی حسینی احمدی رضایی کریمی موسوی جعفری صادقی رحیمی ابراهیمی "
    "هاشمی نوری تهرانی اکبری قاسمی یگانه דוד משה יוסף יעקב אברהם יצחק דניאל אריאל נועם איתי עומר יונתן מיכאל אורי "
    "שרה רחל לאה מרים רבקה חנה נועה תמר מאיה יעל שירה כהן לוי מזרחי פרץ ביטון דהן אברהם פרידמן אזולאי מלכה כץ יוסף "
    "דוד עמר אוחיון חדד גבאי राम राज राजेश सुरेश रमेश महेश अनिल सुनील विजय संजय अजय अमित विकास दीपक मनोज अशोक सीता "
    "गीता सुनीता अनीता प्रिया पूजा नेहा कविता शर्मा वर्मा सिंह कुमार गुप्ता पटेल यादव मिश्रा चौधरी जोशी देवी रेड्डी "
    "नायर अग्रवाल पांडे तिवारी Γιώργος Γεώργιος Δημήτρης Δημήτριος Κώστας Κωνσταντίνος Γιάννης Ιωάννης Νίκος "
    "Νικόλαος Παναγιώτης Βασίλης Χρήστος Μαρία Ελένη Κατερίνα Αικατερίνη Σοφία Άννα Βασιλική Γεωργία Ευαγγελία "
    "Ιωάννα Δήμητρα сергей андрей дмитрий алексей иван михаил николай владимир павел роман олег игорь юрий виктор "
    "петр максим артем анна мария елена ольга наталья татьяна ирина светлана екатерина юлия людмила галина оксана "
    "тетяна олена микола василь"
)

# The most frequent family names, each written in one or two characters at the start of a whole name.
CHINESE_FAMILY_NAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴"
    "夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟"
    "安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲"
    "成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭許呂蘇盧蔣賈葉閻餘鍾"
    "鄒陸龍萬錢湯賀龔龐蘭顏嚴韋畢聶叢齊莊關費紀歐項衛鮑"
)
KOREAN_FAMILY_NAMES = frozenset(
    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진나지엄채원천방공현함변염여"
    "추도소석선설마길"
)
JAPANESE_FAMILY_NAMES = words_in(
    "佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 斉藤 清水 山崎 "
    "森 池田 橋本 阿部 石川 山下 中島 石井 小川 前田 岡田 長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本 福田 太田 西村 "
    "藤井 金子 岡本 藤原 中野 三浦 原田 中川 松田 竹内 小野 田村 中山 和田 石田 森田 上田 原 内田 柴田 酒井 宮崎 "
    "横山 高木 安藤 宮本 大野 小島 工藤 谷口 今井 高田 増田 丸山 杉山 村田 大塚 新井 小山 平野 藤本 河野 上野 武田 "
    "野口 松井 千葉 菅原 岩崎 久保 木下 佐野 野村 松尾 菊地 市川 杉本 古川 大西 島田 水野 桜井 吉川 山内 高野 西田 "
    "飯田 菊池 西川 小松 北村 安田 五十嵐 川口 平田 関 中田 久保田 東 服部 川崎 岩田 土屋 福島 本田 辻 樋口 秋山 "
    "田口 永井 中西 吉村 川上 大島 馬場 浅野 片山 堀 荒木 若松 津田 笹田 渡邊 加納 江古田 井高 山岸 三宅 廣川 宇野 "
    "浜田 喜嶋 村山 桐山 吉本 松岡 大橋 石原 矢野 西山 熊谷 望月 永田 広瀬 大久保 星野 須藤"
)

# Endings that make a word a family name, after at least two letters.
FAMILY_NAME_ENDINGS = re.compile(
    r"..(?:s[kc][iyý]|[scz]ká|ská|cká|[sc]ka|dzki|dzka|wicz|czyk|czak|czuk|chuk|enko|owa|ová|ova|eva|ov|ev|yov|ović|"
    r"ević|ovic|evic|ović|čić|ić|sson|sdóttir|dóttir|dottir|sen|qvist|kvist|ström|strand|gren|lund|berg|nen|"
    r"oğlu|oglu|yan|ian|dze|shvili|escu|eanu|ulescu|opoulos|opoulou|idis|idou|akis|aki|aitis|auskas|ienė|ytė|iņš|"
    r"stein|mann|bauer|maier|meier|meyer|huber|inho|etti|elli|ucci|acci|oldi|azzo|ini|ez|sma|stra|inga|zadeh|"
    r"pour|nejad|ullah|abadi|wala|singh|ский|ская|цкий|цкая|енко|чук|ович|евич|овна|евна|ова|ева|ина|ов|ев|ёв|ин|"
    r"ко|оглы|улы|ұлы|қызы|кызы|бай|бек|"
    r"πουλος|πουλου|ίδης|ίδου|ιάδης|ιάδου|άκης|άκη|άκος|έας|όγλου|ίδη|ιάδη|ου|յան|ջյան|ძე|შვილი|یان|زاده|پور|نژاد)$"
)


@cache
def name_words() -> frozenset[str]:
    """First and last names, in small letters, without those that are ordinary words."""
    counted = Counter(word for locale in _people() for word in locale)
    ordinary = {str(word).lower() for locale in _ORDINARY_IN for word in _words_of_texts(locale)}
    listed = {word for word, locales in counted.items() if locales >= _SURE_IN_LOCALES or word not in ordinary}
    return frozenset(listed | {name.lower() for name in _FURTHER_NAMES} - ordinary)


@cache
def first_names() -> frozenset[str]:
    """The first names among them."""
    known = {word for locale in _people(prefix="first_name") for word in locale}
    return frozenset(known & name_words())


def _people(prefix: str = "") -> Iterator[set[str]]:
    """The single words of Faker's names, one set a locale."""
    folder = import_module("faker.providers.person")
    for module in iter_modules(folder.__path__):
        provider = import_module(f"faker.providers.person.{module.name}").Provider
        prefixes = (prefix,) if prefix else ("first_name", "last_name")
        attributes = [getattr(provider, name) for name in dir(provider) if name.startswith(prefixes)]
        listed = [names for names in attributes if isinstance(names, tuple | list | dict | set)]
        words = {word for names in listed for name in names for word in str(name).lower().split()}
        yield {word for word in words if len(word) >= _LEAST_LETTERS}


def _words_of_texts(locale: str) -> tuple[str, ...]:
    return tuple(import_module(f"faker.providers.lorem.{locale}").Provider.word_list)
