/**
 * Names that people in Sweden have: the common ones of every generation since 1920, and those of the large immigrant groups.
 * Written for this project from general knowledge; it is a list of facts, not a copy of a register. Rare names are found by
 * their context alone, see `name-finder.ts`.
 */
const names = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

/** First names that are nothing else, whatever the case. */
export const FIRST_NAMES: ReadonlySet<string> = names(`
  agda agneta agnes aina albert albin aleksander alexander alexandra alfred alice alicia alma alva alvar alvin amalia amanda amelia amelie anders andrea andreas anette anita anja anna
  annacarin annakarin annalena anne anneli annelie annemarie annette annica annika annsofie anton antonia aron arne artur arvid asta astrid august augusta aurora barbro beata beatrice
  beatrix bengt benjamin bernt berit bernhard bert berta bertil bianca birger birgit birgitta birgitte bjarne britt britta brittmarie börje camilla carin carina carita carl carlos carola
  caroline casper cassandra catarina catharina cecilia charlie charlotta charlotte christer christian christina christine christofer christoffer cornelia dagmar dagny daniel daniella
  david denise dennis desirée didrik diana dorotea dorothea douglas ebba eddie edgar edit edith edvard edvin edward edwin egon einar eleonor eleonora elias elin elina elisa elisabet
  elisabeth elise ellen ellinor elliot elna elof elsa elsie elvira elvy elvin emanuel emelie emil emilia emilie emma emmy enar engla erica erik erika erland erling ernst evelina
  evert ester esther eugen eva evelyn fabian fanny felicia felix filip filippa folke franz fredrik fredrika frida fritiof fritz gabriel gabriella georg gerda gerhard gerd gertrud
  gillis gith gittan gitte gottfrid greger greta gudrun gullbritt gunborg gunhild gunilla gunn gunnar gunnel gunvor gustaf gustav göran gösta göte göta hampus hanna hannah hanne
  hannes harald harriet harry hedda hedvig heidi helena helene helfrid helga helge helmer helmut helny henning henric henrietta henrik henry herbert herman hilda hilding hilma hillevi hjalmar
  holger hugo håkan ida ingegerd ingela ingeborg ingeli inger ingemar ingmar ingrid ingvar ingalill irene irma isabel isabella isabelle isak ivan ivar jack jacob jakob janne jannike
  jasmine jeanette jennie jenny jens jerker jerry jessica jimmy joachim joakim joar joel johan johanna johannes johnny jon jonas jonatan jonathan jonna jonny josef josefin josefina
  josefine joseph judit judith julia julian juliana julius jussi jörgen kaarina kaj kajsa kalle karin karla karolina katarina kate katja katrin kenneth kennet kent kerstin kevin
  kjell knut konrad kristian kristina kristin kristofer kristoffer kurt lage lars lasse laura leif leila lena lennart leo leon leopold lilian lillemor lilly linda linnea linnéa linus lisa
  lisbet lisbeth liselott liselotte lotta louise lovisa lucas ludvig lukas lydia madeleine madelene magda magdalena magnus maja malin malte malva manfred marcus margareta margareth
  margaretha margit margot marguerite maria mariana marianne marie marika marina mario marita markus marlene marta martha martin martina mathias mathilda matilda mats mattias matteo
  maud maurits maximilian maya melissa melker mia micael michael michaela mikael mikaela mildred mimmi minna mirja miriam mohamed mohammad mohammed molly mona monica monika
  morgan märit märta nadja nanna natalie natasha nathalie nellie nelly nicklas niclas nicolas nicole niklas nils nina nisse nora novalie oda ola olaf olga oliver olivia olle olof
  olov oscar oskar ossian otto ove patric patricia patrick patrik paul paula paulina pelle pernilla pernille peter petra petronella petter philip pia pierre pontus pär ragnar ragnhild ragna
  rakel ralf ralph ramona rasmus rebecka rebecca regina reidar reine richard rickard rikard robert roberto robin roger roland rolf ronja ronny rosita rosmarie roy rune runar ruben
  rudolf ruth rutger sabina samuel sandra sanja sara sarah sebastian selma signe sigrid sigurd sigvard simon sixten sofia sofie solbritt solveig solvig sonja sonny sophia sophie stefan
  stefanie staffan stellan stina sture sune susan susanna susanne susann suzanne sven svante svea sylvia sylve sören tanja tara tekla teodor terese teres teresa therese theresia thomas
  thea theo theodor thor thorbjörn thore thorsten thure tilda tilde timmy tindra tobias tomas tommy tony tor torbjörn tord tore torgny torsten torvald tove tyra uffe ulf ulla ullabritt
  ullacarin ulrica ulrik ulrika ulrike urban urszula ursula valdemar valentina valeria valter vanessa vanja vega vendela vera verner veronica veronika victor victoria vidar vigg viktor viktoria
  vilgot vilhelm vilhelmina vilma vincent viola viran virpi viveca viveka vivi vivianne walter werner wiktor wilhelm wille william wilma wilmer yngve ylva yvonne åsa åse
  zacharias zackarias östen örjan abbe ante bella bengan bettan bibbi bosse bojan bittan conny danne fia fille frasse fredde hasse jompa jocke jonte kattis kicki krille lelle lollo
  lottis mackan maggan micke mickan mimi nettan nicke niki nilla nettis ninni olli pirjo pirkko roffe robban sanne steffe steffo stickan sussi sussie sofi svenne tessan totte tompa tjorven
  ulle viggo vickan aino aila antti arto eero eila eino erkki hannele heikki helvi ilkka irja jaakko jari jarmo jorma jouko juha juhani jukka jyrki kaarlo kalevi kari katri kauko
  keijo kimmo kyllikki leena liisa maarit marja marjatta marjo markku martti matti mauri merja mikko mirka olavi osmo paavo päivi pekka pentti pertti petteri raija raili raimo reijo riitta
  risto sakari sanna-kaisa satu seija seppo sinikka sirkka sirpa taina tapani tapio tarja tauno teija teppo terttu timo toivo tuija tuomas tuula urho väinö veikko vesa
  abbas abdi abdul abdulahi abdulla abdullah abdirahman adam adnan ahmad ahmed aicha aisha aida alaa aleksandar aleksandra ali alina almir alyssa amal amar amina amir amira ammar amra anahita andrej
  andrzej aneta anwar arash arian arman armin arta arya asad asmaa asma ayan aya ayaan ayman ayse azad aziz azra bahar bakir bashir besart bilal biljana bogdan burhan cemal daria dariusz darko
  dejan diyar dragan dragana dua edin elena elham elif elmir elvir emina emir emre enes ervin esma fadi fadil fadumo fahad faisal farah farhad farid fariba fateme fatemeh fatima fatma fatuma fawzi
  fidan firas ghada ghassan goran gorica habiba hadi hadil haider hala halima hamid hamza hana hanan hani haris hasan hassan hava hawa hayat heba hiba hibo hodan huda hussein husein hossein ibrahim idil
  idris ikram ilham imad iman imran ismael ismail iva ivana jafar jagoda jamal jamila jasmin jasmina javad jelena jovana jovan kadir kadra kamal kamila karim karima karwan katarzyna
  kemal khadija khadra khaled khalid khalil kosovare krzysztof ksenija laila lamin lana layla leyla liban lubna luai lul maher mahdi mahmood mahmoud mahmud majid maksim malak malik maryam manal manuela marek
  mariam mariusz marko marwa marwan maryan masoud mehdi mehmet mehran mersiha meysam milad milan milena miljana milica mirela miroslav mirza moa moha monir mostafa muhamed muhammad muna murat musa mustafa
  nabil nada nader nadia nadira naim najma narges nasim nasir nasra natalia navid nawal nazanin neda negar nermin nermina niloufar nimo noor nur nura olena omar omid oksana osama osman parisa
  parvin peyman piotr qasim radovan rafael rahma rahim rami rana rania rasha rashid raya reem reza riad riham rima rojin rozhin roya saad sabah sabri saeed safa safia sahra said saida sajad salah saleh
  salim salma salman sameer sami samir samira sana sanela sarwar sead sedat selam selim semir senad senait shadi shahin sharif sherin shirin siham simret slavica slavko snezana soheil soran
  stanislav suad suleiman suleyman sumaya sundus svetlana taha tahir tamara tamer tarek tariq tatjana tesfay tomasz uma umar usman vahid vesna vladimir vladislav vlado wafa waleed walid wasim weronika yahya yasin
  yasir yasmin yasmine yassin yonas yousef youssef yuliia yusra yusuf zahra zainab zaki zaneta zara zarif zeinab zeynep zlatan zlatko zohra zoran zoya zuzanna
  bodil ewa branko teemu nilofar phuong parwin arvo eivor gullan maj-lis kaisa laila torun vanda tuve sylve rutger sigvald hervor hjördis edla gulli
  bozena malgorzata agnieszka pawel lukasz grzegorz zofia halina iryna oleksandr oleh tetiana nataliia mykola andriy viktoriia dmytro kateryna
  hodan asha hamdi sagal ifrah ilhan abdinasir mohamoud jamaal shukri deqa faiza naima rahmo berivan shler zana rebwar hiwa kawa azadeh shahram behrooz farzaneh laleh mahsa
  senka vedran zeljko mirko dusan nemanja marija petar nikola ljiljana snezana amel haris faruk enisa mirsad sabaheta fatmir arben blerim arta valbona shkelqim
  somchai siriporn anong nguyen linh huong minh thuy malee nok ploy supaporn wei mei priya anil sanjay rajesh sunita
`);

/** First names that are also words: taken as names in the middle of a sentence with a capital, or where the context says so. */
export const AMBIGUOUS_FIRST_NAMES: ReadonlySet<string> = names(`
  karl ville mina tom matte rita puck myran max jan tage lykke jordan malla fride kickan gull arja
  ann axel bill björn bo cilla dag dan disa doris elias ella else ellie eli elle elis eskil frank frej freja gun hans harry ines inga inge ingo iris isa john jane jill jim
  joy julia kaj karita kia kim kit klara klas claes linn lina liv lo loke lova love lou magna maj majken mark may melvin mika milla milo mira mo my märta nell nils noa noah nova ninja
  page pål per ras rosa ronja rut saga sally sam sander sanna sigge sid siri siv sol sten stella stig svala sverker sara ted tea teo tim tina tora troy ture tuva tyko umut unn vide vilda viking vår vida åke
  ulf eric rose hope ivy lea leia lia lilja melinda moa nea nike noel novak pi rio roos tess tilia wendela alba alf alfons allan allen alva anis ask belle birk bror edda egil eja fatou grim hedy helle hilmer
  hilli hjördis idun ilse ivan ivo jo kai kirsi lars-erik lin lise lus mary meja mille mio nelson nicke niki nikki nils-olov ottilia paul pim ria rea roine sia sive sixten smilla tindra
  tor tyr ulla unni uno urban vitus ylva amin dana dina dilan sima soma star sun eden hoda ruba rima nawar lava iman haval sirwan shilan
`);

/** Family names that are nothing else, beside those in -sson (see `SURNAME_ENDING`). */
export const SURNAMES: ReadonlySet<string> = names(`
  abdi abdulle abdullahi abrahamsson adolfsson ahlberg ahlgren ahlin ahlqvist ahlström ahmed ahmadi ahmeti al-ali alfredsson ali almgren almqvist alm alvarez andersen andersson andrén antonsson arnesson aronsson arvidsson asplund
  augustsson axelsson backlund backman backström barakat bengtsson berg bergdahl berger berggren berglind berglund bergman bergqvist bergsten bergstrand bergström bergvall berntsson bertilsson björk björklund björkman
  björkqvist björling blom blomberg blomgren blomkvist blomqvist blomster boman borg borgström boström bohlin brandt bratt brink broberg brodin brolin broman brorsson bruun bylund byström bäck bäckström börjesson carlberg
  carlén carlson carlsson carlström cederberg cedergren cederholm christensen christiansson claesson dahl dahlberg dahlgren dahlin dahlman dahlqvist dahlstedt dahlström danielsson davidsson dufva edberg edlund
  edman edström edvardsson ehn ek ekberg ekblad ekblom ekdahl ekholm eklund eklöf ekman ekstrand ekström elfström eliasson elmgren emanuelsson engberg engdahl englund engman engström enström ericson ericsson eriksson
  erlandsson fagerberg fahlgren falk fernandez filipsson flink fors forsberg forsell forsgren forslund forsman forsström franzén fransson fredriksson fredholm friberg frid fridh frisk fritzson fält garcia gabrielsson
  georgsson gonzalez grahn granath granberg grandin granlund granqvist granström green grönberg grönlund gustafson gustafsson gustavsson göransson haddad hagberg haglund hagman hagström hall hallberg halldin halldén hallgren hallin
  hallström halvarsson hammar hammarberg hammarström hansen hansson haraldsson hassan hedberg hedén hedin hedlund hedman hedqvist hedström hell hellberg hellgren hellman hellqvist hellsten hellström henriksson henningsson hermansson
  hjalmarsson hjelm hoang holgersson holm holmberg holmgren holmlund holmqvist holmstedt holmström hosseini hult hultberg hultgren hultin hultman hultqvist hussein håkansson hägg hägglund häggström hällström höglund högberg högström
  hörnfeldt ibrahim ingemarsson isaksson israelsson ismail jacobsson jakobsson jansson janson jensen johansen johansson johnsson johnson jonasson jonsson josefsson jovanovic juhlin jönsson jörgensen kallin karim karlberg karlsson
  karlström kazemi khalil khan kjellberg kjellgren kjellin klasson klang kling klingberg knutsson kovacs kowalski kristensen kristensson kristiansson krantz kron kronberg kullberg kvist källström larsen larsson lagerqvist lagergren
  lantz larson leander lehtonen leijon lenander lennartsson levin liljegren liljeström lilja lind lindahl lindberg lindblad lindblom lindbom lindborg lindell linder lindén lindfors lindgren lindh lindholm lindkvist lindmark
  lindqvist lindroth lindskog lindstedt lindström lindvall linné ljung ljungberg ljunggren ljungqvist ljungström lopez lundberg lundblad lundborg lundell lundén lundgren lundh lundholm lundin lundkvist lundmark lundqvist lundström
  lundvall löf löfgren löfqvist löfstedt löfström lönn lönnqvist lööf magnusson malm malmberg malmgren malmqvist malmström malmsten mansour markström martinsson martinez mattsson mattson melander melin mellberg mellgren moberg mohamed
  mohammadi mohamud molander molin moradi moreno mortensen mattila månsson månsdotter mårtensson möller nemeth nguyen niemi nielsen niklasson nikolic nilsson norberg nordahl nordin nordgren nordlander nordlund nordmark nordqvist nordström
  noren norén norgren norling norlin norman norrman nyberg nygren nyholm nylander nylén nyqvist nyman nystedt nyström näslund nääs oddsson ohlin ohlson ohlsson olander olausson olofsson olovsson olsen olson olsson omar osman oskarsson ottosson
  palm palmgren palmqvist palmér paulsson persson petersen petersson peterson petrovic petrov pettersson pettersen phan popovic ramberg rahimi rask rasmussen rehn renberg rezaei ringström robertsson rodriguez rosander rosberg rosell
  rosén rosenberg rosenqvist roslund roos roth rubin rudolfsson runesson ryberg rydberg rydell rydén rydström rönnberg rönnqvist rönnlund saarinen said salazar saleh salonen samuelsson sandahl sandberg sandell sandén sandgren sandin sandqvist sandström
  schmidt selander selin sellberg setterberg sigurdsson silfver silva simonsson singh sjöberg sjöblom sjödin sjögren sjöholm sjölander sjölin sjölund sjöqvist sjöstedt sjöstrand sjöström skog skoglund skoog smith sohlberg solberg
  sonesson staaf stark steen stenberg stenlund stenman stenmark stenström stenvall strand strandberg strandh strid ström strömbeck strömberg strömbäck strömgren strömqvist stål ståhl sundberg sundell sundelin sundgren sundholm sundin
  sundkvist sundman sundqvist sundström svahn svanberg svanström svärd svantesson svedberg svedlund svensson svenson söder söderberg södergren söderholm söderlind söderlund söderman söderqvist söderström sörensen tapper ternström tesfay thelin thorell
  thorén thörn thunberg thomsen thorsson tjernberg tornberg torstensson tran trygg turesson tuvesson uddenberg ullberg ulfsson urbansson wahlberg wahlgren wahlqvist wahlström waldén wall wallberg wallén wallenberg wallgren wallin wallström
  walter warsame wass wedin weiss welin wennberg wennerberg wennström westberg westerberg westerlund westergren westerholm westling westlund westman westin wiberg wickström widell widén widmark wigren wik wikander wiklund wikman wikström
  wilhelmsson willén winberg winther witt wolff wrede yildiz yilmaz zetterberg zetterlund zetterström åberg ågren åhlén åhman åkerberg åkerblom åkerlund åkerman åkerström åkesson ålander åslund åström åstrand öberg ödman öhlund öhman öhrn ölander
  örn östberg österberg östergren österlund österman östling östlund östman östrom öström özdemir yusuf zakarias haile tekle berhane gebre kaya demir sahin karimi jafari haidari hoxha krasniqi gashi berisha shala hodzic begic
`);

/** What Swedish family names end in; five letters and more, beside a first name. */
export const SURNAME_ENDING: RegExp = /^\p{L}{2,}(?:sson|zon|berg|borg|lund|ström|qvist|kvist|quist|gren|stedt|strand|holm|mark|dahl|blad|blom|ander|vall|wall|ling|skog|bäck|backe|fors|feldt|feld|hjelm|stam|crona|gård|ius|ell|én|elin|lin|din|man|vik|sten|dotter|ovic|ovski|enko|ova|ska|ski)$/u;

/** A patronymic stands for itself, in any case: nobody says "svensson" and means a thing. */
export const PATRONYMIC: RegExp = /^\p{L}{3,}(?:sson|sdotter)$/u;
