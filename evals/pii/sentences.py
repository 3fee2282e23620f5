"""What leads and agents write around personal data, and what only looks like it.

`{email}` and the other names of `values.MAKERS` stand for personal data; in a sentence without it
`{n}` is a number, `{street}` a street without a number, `{place}` a property. `|` is a line end.
"""

EMAIL = """
My email is {email}
email me at {email}.
You can reach me at {email} or just reply here
{email}
it's {email}, thanks
Please send the floor plan to {email}!
contact: {email}
<{email}>
Can you cc my roommate ({email}) on that?
E-mail:{email}
yes -- {email} works best
is {email} okay? I check it daily
send it to {email}, {email} is my husband's
I wrote from {email} yesterday and nobody answered
"{email}" is the address on file
mailto:{email}
my mail's {email};I am free on Tuesday
I'll be there @ 5, {email} if anything changes
"""
PHONE = """
My number is {phone}
call me at {phone}
text {phone} when you get here
{phone}
Sure, it's {phone}.
You can reach me at {phone} after 5pm
phone: {phone}
Cell {phone}, work {phone}
tel.{phone}
my cell's {phone} - please no calls before 9
This is {phone} texting, is the 2 bed still available?
Is the 2 bed 2 bath at $2,150 still there? Call {phone}
reach out to ({phone}) please
I'm at {phone}, budget 1800-2200, move in 04/01/2026
Best number: {phone}!
ok call {phone} or {phone}
try my sister on {phone}
My old number was {phone} so use {phone}
📱 {phone} 😀
{phone} is my number. Unit 204 please
Sent from my iPhone
{phone} (mobile)
the tour at 10:30 works, my phone is {phone}
"""
LOCAL_PHONE = """
my number is {local_phone}
call me at {local_phone}, local number
my cell: {local_phone}
phone {local_phone}
"""
SSN = """
{ssn}
it's {ssn}
Here you go {ssn} for the background check
{ssn}, and my income is $5,400 a month
Use {ssn} please
"""
LABELLED_SSN = """
my ssn is {labelled_ssn}
SSN: {labelled_ssn}
my social is {labelled_ssn}
social security number {labelled_ssn}
Social Security #: {labelled_ssn}
ss# {labelled_ssn}
my soc is {labelled_ssn}
SSN {labelled_ssn} and DOB 04/12/1988
here is my social security number for the application: {labelled_ssn}
my itin is {labelled_ssn}
"""
CARD = """
my card number is {card}
{card} exp 04/28 cvv 123
charge the application fee to {card}
Visa {card}
you can use {card}, thanks
card: {card}
can I pay the deposit with {card}?
The number on it is {card}. Expires 11/27.
"""
ADDRESS = """
I live at {address}
my address is {address}
Address: {address}
My current address is {address}.
please mail the brochure to {address}
Please mail it to {address}, thanks
I'm moving from {address} in June
{address}
we're at {address} right now
send the lease to {address} please
Current address: {address}
Current address: {address}|Phone: on file
I've been renting at {address} for 3 years
My landlord is at {address} and the rent is $1,900
Mailing address|{address}
Could you ship the keys to {address}?
it's {address}. When can I move in?
I stay at {address} with 2 cats
home is {address}
My work is at {address}, how long is the commute?
pick me up from {address} at 5
the moving truck leaves {address} at 9:30
billing address {address}
🏠 {address} 🏠
"""
OWN_NAME = """
My name is {name}
Hi, my name is {name} and I'm looking for a 2 bedroom
my name's {name}, I saw the listing
Name: {name}
Hi this is {full_name}, is the studio still available?
Hello, this is {first_name} from the website
I'm {full_name}, we spoke last week
I am {full_name} and I would like a tour
{full_name} here, any news?
This is {full_name} speaking
Thanks, {full_name}
Best,|{full_name}
Thank you!|- {full_name}
Regards, {first_name}
call me {first_name}
you can put it under {full_name}
the name is {full_name}
Full name: {full_name}
hey it's {first_name} again
signed, {full_name}
Please add me to the list, {full_name}
My full legal name is {full_name}
im {full_name} and i need a place by june
"""
OTHER_NAME = """
my roommate {full_name} will join the tour
My wife {first_name} and I are looking for a two bedroom
my husband's name is {full_name}
Contact: {full_name}
Emergency contact: {full_name}
Hi {first_name}, thanks for reaching out to us!
Hello {first_name}! Happy to help.
Dear {full_name},|we'd love to see it
Good morning {first_name}, your tour is confirmed
Can I speak with Mr. {last_name} about the deposit?
Ms. {last_name} showed us the model unit
ask for {first_name} at the front desk
I talked to {full_name} in the leasing office
my brother {first_name} lives there
co-signer: {full_name}
Applicant: {full_name}
Tenant: {full_name}
Attn: {full_name}
the lease is under my mother's name, {full_name}
Dr. {last_name} is my reference
my fiancé {full_name} is on the lease
please add my partner {full_name} to the application
Mrs. {full_name} is my current landlord
"""
MIXED = """
Name: {full_name}|Phone: {phone}|Email: {email}
My name is {full_name}, {phone} or {email}
{full_name}, {address}, {phone}
Name: {full_name}|Address: {address}|Email: {email}
call {phone} or write {email}; I live at {address}
I'm {full_name}. My number is {phone} and I live at {address}.
SSN: {labelled_ssn}, card {card}, that's everything
You can reach me at {phone} / {email}
email {email} phone {phone} address {address}
"""
NOTHING = """
Hi, I'm looking for a 2 bed 2 bath under $2,300
My budget is $1,500-$2,000 a month
between 1500 and 2000
1500-2000 is my range, 1800 – 2100 if it has parking
anything from 1,250 to 1,475?
rent is $1,895.00/mo plus $35 pet fee
Is unit 214 still available?
can I see apt 3B and apt 12 tomorrow?
Move-in is 04/01/2026 or 4-15-2026
I can do 2026-03-05 10:30 or 2026-03-06 14:00
The lease is from 03/05/2026 - 03/04/2027
97209 or 97210 please
my zip is 97209-1234
order number {n}{n}{n}
My confirmation # is {n}{n}
order #{n}-{n}
confirmation 503-{n}-{n}
application id {n}{n}{n}
Ticket 2{n}{n}5{n}
tracking number 1Z999AA10123456784
listing 2{n}{n}
MLS# 24681357
parcel 123-45-678
EIN 12-3456789
invoice 2024-000{n}
gate code 4471#
pin 0420
1200 sq ft, 12 x 14 bedroom
800 900 1000 sq ft options?
open 9:00-17:30, 7 days a week
Mon-Fri 9-5 and Sat 10-2
10 30 - 11 30 works
a 10-15 min drive to downtown
20 minute drive from the airport
24 hour court access?
2 bedroom on {street}
anything near {street}?
2 beds on {street} with parking
is there street parking? 2 spots
3 blocks from {street}
a 2 bedroom place with a view
I want 2 parking spots and a 3 bedroom house
the corner of 5th and {street}
5 star place to live
2 car garage, 1 cat, 2 dogs
my dogs are 45 lbs and 60 lbs
walk score 92, transit score 78
version 2.14.3 of the app crashes
lat 45.5234515 long -122.6762071
the IP is 192.168.10.24
ISBN 978-3-16-148410-0
about 1/2 mile from the park
1 2 3 4 5 6 7 8 9 10
1,234,567 people live here
I make 85000 a year, credit score 720
deposit is 500 and the fee is 50
my income is 3x the rent, 6300 vs 2100
20% off the first month?
see https://homes.example/listing/20451177?ref=5035550
flight AA 1234 lands at 10:45
meet @ 5, or @home
follow @{place}homes
they are @ 3pm
Interested in {place}, is it pet friendly?
Tell me more about {place}
Does {place} have a gym?
I like {place} and the one on {street}
this is great, thanks!
I'm Interested In A Tour
I'M LOOKING FOR A HOME
I am American, relocating in May
I'm Irish and my partner is Italian
call me Monday
call me back please
Hi there, is anyone available?
Hi Team, I have a question
Hello Everyone
Thanks, Looking forward to it!
Thanks, Much appreciated
Yes please
No thanks, show me the second one
What's the name of the property?
The name is on the mailbox
the property name is {place}
Best, cheapest and closest please
contact: leasing office
Contact: the front desk
ask for a discount
this is the apartment I want
speak with a person please
My roommate and I need two rooms
my wife Works Nearby
Is it furnished? Pets allowed?
The 2nd one. How far is it from the airport?
I need it by June 15th 2026
in 2019 we lived on {street}
built in 1998, renovated 2021
between 5th Ave and 9th Ave
Route 66 is close by
how far to Highway 101?
we take I-5 to work
Suite life lol
2 of us, 1 kid
need 1 way or 2 way commute info
15 min walk to the station
6 month lease or 12 month lease?
9am-11am on the 14th
score: 3-2
4x4 parking lot
ticket LK-2024-001234
Is there a $300 or $400 deposit? 500?
100 percent sure
My credit is 700, 710, 725
about 2500 600 sq ft
I have 2 Alaskan huskies
We saw 3 Harbor Loft units
2 Cedar Mesa tours please
it has 2 Park views and 1 Street view
great location! 10/10
3 Bedrooms, Pool View
One more question about the lane
"""
CHAT = """
Hi, I'm looking for an apartment in the city, can you help me?
Sure, in which area would you like to live and how many bedrooms do you need?
I would like two bedrooms and one bathroom, somewhere quiet please
There are {n} homes that may suit you. {place} has 2 bedrooms and 1 bath and costs $2,350 a month.
Does it allow pets?
Yes, pets are welcome there. Would you like to schedule a visit?
Sounds good, can I come by on Saturday morning?
Please confirm: a visit to {place} on March 14th at 10:30 am.
Yes, that is correct, thank you.
Your visit is booked. Is there anything else I can help you with?
No, that's all for today. Thanks a lot for your help!
What about something cheaper? My limit is 1900.
Is the kitchen renovated and does it come furnished?
It is furnished and has a washer and dryer in the unit.
I prefer the second one, it looks closer to my office
Do you have anything with a balcony or a bigger living room?
{place} is a very nice property with 3 bedrooms and 2 baths, rent is 3200 dollars per month.
ok
great, thank you so much
Can you tell me the lease terms? I don't want to sign for more than a year.
Leases run 6, 9, 12 or 15 months; 12 months has the listed rent.
I'm moving at the end of next month with my partner and our dog
How far is it from downtown, and is there a bus line nearby?
The parking garage has a few spots left, one is included with every home.
I'd like to see another option in the same neighborhood, please
When is it available? We could move in around the first of June.
Have a wonderful day and enjoy your new place!
The address is 1820 {street} and the office opens at 9.
"""
GREETINGS = ("", "", "", "", "Hi! ", "Hello, ", "hey ", "Ok. ", "Yes, that sounds good. ", "👋🏽 ")
CLOSINGS = ("", "", "", "", "", " Thanks!", " thx", " Is it furnished?", " 🙏", "\nTalk soon")
PLACES = ("Cedar Mesa", "Harbor Loft", "Alder Row", "The Larkspur", "Quay 12", "Juniper Flats")
